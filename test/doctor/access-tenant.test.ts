// `freehold access` on a tenant of a real database.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createFreehold, definePermissions, type Freehold } from '../../src/index.ts'
import { quickHasher } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { KEY, MODEL } from './access-model.ts'
import { freehold } from './terminal.ts'

const run = (argv: string[], env: Record<string, string>) => freehold(['access', ...argv], { cwd: folder, env })
let folder: string

describe('on a tenant of a database', () => {
  let database: TestDatabase
  let host: Freehold
  const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read', 'refund'] })
  const stored = ['--tenant', 'acme', '--permissions', 'catalog.yaml']
  const on = (argv: string[]) => run([...argv, ...stored], { DATABASE_URL: database.appUrl, FREEHOLD_KEY: KEY })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freehold-access-'))
    database = await createTestDatabase()
    await writeFile(join(folder, 'catalog.yaml'), 'note: [read, write]\ninvoice: [read, refund]\n')
    host = (await createFreehold({
      storage: postgres({ url: database.appUrl, listen: false, connections: 2 }),
      keys: { current: 'k1', k1: KEY },
      passwordHasher: quickHasher,
      permissions,
      onWarning: () => undefined,
    })) as unknown as Freehold
    const acme = await host.tenants.create({ slug: 'acme', name: 'Acme' })
    await acme.users.create({ email: 'ann@example.test' })
    await acme.serviceAccounts.create({ name: 'robot' })
  })
  afterAll(async () => {
    await host?.close()
    await database?.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('diff tells what import will do, import does it, export writes it, lint and test look at it', async () => {
    const acme = await host.tenant('acme')
    const model = MODEL.replace(", expiresAt: '2026-06-01T00:00:00Z'", '')
    await writeFile(join(folder, 'wanted.yaml'), model)
    const diff = await on(['diff', 'wanted.yaml'])
    expect(diff).toEqual({
      code: 1,
      err: '',
      out: `ann@example.test
  + note:read everywhere
  + note:write everywhere, under conditions
  + invoice:read everywhere
robot
  + note:read in team main/sales
  + invoice:read in team main/sales
Something would change for 2 of 2 principals. Nothing was changed.
`,
    })
    await writeFile(join(folder, 'members.yaml'), model.replaceAll('role: viewer', 'role: member'))
    expect((await on(['diff', 'members.yaml'])).out).toContain(
      '  + note:read, write in team main/sales\n  + invoice:read, refund in team main/sales\n',
    )
    const dry = await on(['import', 'wanted.yaml', '--dry-run'])
    expect(dry.code).toBe(0)
    expect(dry.out).toContain('  + role author\n')
    expect(dry.out).toContain('4 changes. Nothing was changed: this was a dry run.')
    expect((await acme.roles.list()).items).toHaveLength(4)
    expect((await on(['import', 'wanted.yaml'])).out).toContain('4 changes made.')
    expect((await on(['import', 'wanted.yaml'])).out).toContain('Nothing to do')
    expect((await on(['diff', 'wanted.yaml'])).code).toBe(0)
    const exported = await on(['export', '--places', '--assignments'])
    expect(JSON.parse(exported.out)).toEqual(
      JSON.parse(JSON.stringify(await acme.access.export({ places: true, assignments: true }))),
    )
    await writeFile(
      join(folder, 'stored.yaml'),
      'cases: [{ principal: ann@example.test, permission: note:read, expect: allow }]',
    )
    expect(await on(['test', 'stored.yaml'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 decision as expected.'),
    })
    expect(await on(['lint'])).toMatchObject({ code: 0, out: 'Nothing was found.\n' })
    await acme.roles.create({
      key: 'idle',
      permissions: [
        { resource: 'note', actions: ['read'] },
        { resource: 'note', actions: ['read'], effect: 'deny' },
      ],
    })
    const lint = await on(['lint', '--json'])
    expect(JSON.parse(lint.out).findings.map(({ code }: { code: string }) => code)).toEqual([
      'entry-shadowed',
      'role-unused',
    ])
    expect(lint.code).toBe(1)
    const replaced = await on(['import', 'wanted.yaml', '--replace', '--json'])
    expect(JSON.parse(replaced.out).steps).toEqual([{ part: 'roles', action: 'remove', name: 'idle' }])
  })

  it('made-up principals are refused there, and an unknown tenant is named so', async () => {
    await writeFile(
      join(folder, 'made-up.yaml'),
      'cases: [{ principal: { roles: [member] }, permission: note:read, expect: allow }]',
    )
    expect((await on(['test', 'made-up.yaml'])).err).toContain('name a user of the tenant')
    const nowhere = await run(['lint', '--tenant', 'nowhere', '--permissions', 'catalog.yaml'], {
      DATABASE_URL: database.appUrl,
      FREEHOLD_KEY: KEY,
    })
    expect([nowhere.code, nowhere.err]).toEqual([
      2,
      expect.stringContaining('No such tenant: nowhere\n  TENANT_UNKNOWN'),
    ])
    const bare = await run(['lint', '--tenant', 'acme'], { DATABASE_URL: database.appUrl, FREEHOLD_KEY: KEY })
    expect([bare.code, bare.err]).toEqual([2, expect.stringContaining('--permissions')])
  })
})
