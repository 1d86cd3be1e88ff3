// A runner on a test database, with a folder of host migrations that a test writes as it goes.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { MigrationEvent, MigrationOptions, Migrations } from '../../src/core/storage/migrations.ts'
import {
  createMigrations,
  labelOf,
  type MigrationConnection,
  type MigrationTarget,
} from '../../src/migrations/index.ts'
import { bundledMigrations } from '../../src/migrations/manifest.ts'

/** What the package brings, in the order in which it runs. */
export const OURS: readonly string[] = bundledMigrations().map(labelOf)

export interface Runner {
  readonly migrations: Migrations
  readonly folder: string
  /** Writes (or overwrites) a host migration. */
  file(name: string, sql: string): Promise<void>
  /** Applies, and answers the labels of what was applied. */
  up(options?: MigrationOptions): Promise<string[]>
  remove(): Promise<void>
}

export async function createRunner(url: string, options: Partial<MigrationTarget> = {}): Promise<Runner> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'freehold-migrations-')))
  const migrations = createMigrations({ schema: 'freehold', connect: () => connectTo(url), ...options, folder })
  return {
    migrations,
    folder,
    file: (name, sql) => writeFile(join(folder, name), sql),
    async up(given) {
      return applied(await migrations.apply(given))
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export async function connectTo(url: string, watch?: (client: pg.Client) => void): Promise<MigrationConnection> {
  const client = new pg.Client({ connectionString: url })
  // a connection that the test ends must not end the process
  client.on('error', () => undefined)
  await client.connect()
  watch?.(client)
  return {
    query: async (text, values) => (await client.query(text, values && [...values])).rows,
    end: () => client.end(),
  }
}

export function applied(events: readonly MigrationEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'applied' ? [event.migration] : []))
}

/** The error that a run ends with. */
export async function refusal(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('it was not refused')
}
