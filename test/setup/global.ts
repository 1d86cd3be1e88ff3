// Once per run: finds or starts the PostgreSQL server that all tests share, makes the roles, migrates a template
// database, and says which server it is and what is skipped.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { withoutChromium } from './chromium.ts'
import { withoutPgBouncer } from './pgbouncer.ts'
import { startServer } from './server.ts'
import { APP_ROLE, migrateTemplate, OWNER_ROLE, PASSWORD, withUrl } from './template.ts'

export interface TestServer {
  /** May create databases and roles. */
  readonly adminUrl: string
  readonly template: string
}

declare module 'vitest' {
  interface ProvidedContext {
    server: TestServer
  }
}

interface Found {
  readonly url: string
  readonly description: string
  stop(): Promise<void>
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const found = await findServer()
  // A server of the user's may be serving another run, whose template must not be touched.
  const template = `freehold_template_${randomBytes(4).toString('hex')}`
  const admin = new pg.Client({ connectionString: found.url })
  try {
    await admin.connect()
    const { rows } = await admin.query('show server_version')
    say(`server: ${found.description}, version ${rows[0].server_version}`)
    for (const line of skipped()) say(line)
    await createRoles(admin)
    await admin.query(`create database ${template} owner ${OWNER_ROLE}`)
    await migrateTemplate(withUrl(found.url, { user: OWNER_ROLE, password: PASSWORD, database: template }))
    await admin.query(`grant freehold_app to ${APP_ROLE}`)
  } catch (error) {
    await admin.end().catch(() => undefined)
    await found.stop()
    throw error
  }
  project.provide('server', { adminUrl: found.url, template })
  return async () => {
    await admin.query(`drop database if exists ${template} with (force)`)
    await admin.end()
    await found.stop()
  }
}

async function findServer(): Promise<Found> {
  const url = process.env.FREEHOLD_TEST_DATABASE_URL
  if (url) {
    const { hostname, port } = new URL(url)
    return {
      url,
      description: `FREEHOLD_TEST_DATABASE_URL (${hostname}:${port || 5432})`,
      stop: () => Promise.resolve(),
    }
  }
  if (process.env.FREEHOLD_TEST_DOCKER === '1') {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
    const image = process.env.FREEHOLD_TEST_IMAGE ?? 'postgres:18-alpine'
    const container = await new PostgreSqlContainer(image)
      .withCommand(['postgres', '-c', 'fsync=off', '-c', 'max_connections=300'])
      .start()
    return {
      url: container.getConnectionUri(),
      description: `container of ${image}`,
      stop: async () => {
        await container.stop()
      },
    }
  }
  return startServer()
}

/** The owner migrates and is no superuser; the app's login is a member of the app's group and nothing more. */
async function createRoles(admin: pg.Client): Promise<void> {
  await createRole(admin, OWNER_ROLE, `login createrole nosuperuser nobypassrls password '${PASSWORD}'`)
  await createRole(
    admin,
    APP_ROLE,
    `login inherit nosuperuser nobypassrls nocreatedb nocreaterole password '${PASSWORD}'`,
  )
  const { rows } = await admin.query('select rolsuper from pg_roles where rolname = current_user')
  if (rows[0].rolsuper) return
  // Who is no superuser can only hand on roles that it made itself.
  await admin.query(`grant ${OWNER_ROLE} to current_user`)
  for (const group of ['freehold_app', 'freehold_auditor']) await createRole(admin, group, 'nologin noinherit')
}

async function createRole(admin: pg.Client, name: string, attributes: string): Promise<void> {
  await admin.query(
    `do $$ begin create role ${name} ${attributes}; exception when duplicate_object or unique_violation then null; end $$`,
  )
}

function skipped(): string[] {
  const lines: string[] = []
  if (process.env.FREEHOLD_TEST_DOCKER !== '1')
    lines.push('skipped: PostgreSQL in a container (set FREEHOLD_TEST_DOCKER=1; FREEHOLD_TEST_IMAGE names the image)')
  if (!process.env.FREEHOLD_TEST_DATABASE_URL)
    lines.push(
      'skipped: a server of your own (set FREEHOLD_TEST_DATABASE_URL to one where roles and databases may be created)',
    )
  if (!process.env.FREEHOLD_TEST_REDIS_URL)
    lines.push('skipped: a real Redis (set FREEHOLD_TEST_REDIS_URL=redis://127.0.0.1:6379)')
  const noPooler = withoutPgBouncer()
  if (noPooler) lines.push(`skipped: behind PgBouncer (${noPooler})`)
  const noBrowser = withoutChromium()
  if (noBrowser) lines.push(`skipped: passkeys in a browser (${noBrowser})`)
  return lines
}

function say(line: string): void {
  process.stdout.write(`[freehold tests] ${line}\n`)
}
