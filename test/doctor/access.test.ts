// `freehold access`: decisions of a model, and the tools on a tenant of a real database.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createFreehold, definePermissions, type Freehold } from '../../src/index.ts'
import { quickHasher } from '../setup/context.ts'
import { createTestDatabase, type TestDatabase } from '../setup/database.ts'
import { freehold } from './terminal.ts'

const KEY = 'q7mJ2n0v1Yc5xS8eR4tU6wZ3bA9dF0gH1jK2lM3nP4o='
const MODEL = `
format: freehold.access/1
code: { permissions: { note: [read, write], invoice: [read, refund] } }
organizations: [{ key: main, name: Main }]
teams: [{ organization: main, key: sales, name: Sales }]
roles:
  - key: author
    name: Author
    parent: viewer
    permissions: [{ resource: note, actions: [write], conditions: { resource.owner_id: { $ref: principal.id } } }]
assignments:
  - { principal: { user: ann@example.test }, role: author }
  - { principal: { serviceAccount: robot }, role: viewer, scope: { team: main/sales }, expiresAt: '2026-06-01T00:00:00Z' }
`
const CASES = `
model: model.yaml
cases:
  - { name: one's own, principal: ann@example.test, permission: 'note:write', resource: { owner_id: $principal }, expect: allow }
  - { principal: ann@example.test, permission: 'note:write', resource: { owner_id: bob }, expect: deny, reason: condition-not-met }
  - { principal: { serviceAccount: robot }, permission: 'note:read', place: { team: main/sales }, at: 2026-05-31T23:59:59Z, expect: allow }
  - { principal: { serviceAccount: robot }, permission: 'note:read', place: { team: main/sales }, at: 2026-06-01T00:00:00Z, expect: deny, reason: expired }
  - { principal: { roles: [member] }, permission: 'invoice:refund', expect: allow }
  - { principal: { roles: [] }, permission: 'invoice:refund', on: { type: invoice, id: i-1 }, expect: deny, reason: no-grant }
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freehold-access-'))
  await writeFile(join(folder, 'model.yaml'), MODEL)
  await writeFile(join(folder, 'cases.yaml'), CASES)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (argv: string[], env: Record<string, string> = {}) => freehold(['access', ...argv], { cwd: folder, env })

describe('access test', () => {
  it('asks each decision, as of its moment, and is content when all are as expected', async () => {
    const { code, out, err } = await run(['test', 'cases.yaml'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain("✓ one's own")
    expect(out).toContain('6 decisions as expected.')
  })

  it('shows what is otherwise, why, and what would be needed; on a terminal in colours, as JSON, as JUnit', async () => {
    const wrong = `
cases:
  - { name: 'refund <all>', principal: ann@example.test, permission: 'invoice:refund', expect: allow }
  - { name: reads, principal: ann@example.test, permission: 'note:read', expect: allow }
  - { name: why, principal: ann@example.test, permission: 'note:write', expect: deny, reason: no-grant }
`
    await writeFile(join(folder, 'wrong.yaml'), wrong)
    const argv = ['test', 'wrong.yaml', '--model', 'model.yaml', '--junit', 'out.xml']
    const { code, out } = await run(argv)
    expect(code).toBe(1)
    expect(out).toBe(`✗ refund <all>
    - expected  allow
    + got       deny, no-grant
    ann@example.test: invoice:refund
    needed   a role that allows it, as owner, admin, member
✓ reads
✗ why
    - expected  deny, no-grant
    + got       deny, context-missing
    ann@example.test: note:write
    because  the assignment by role author allows it in the whole tenant, where {"resource.owner_id":{"$ref":"principal.id"}}
    missing  resource.owner_id
    needed   to be told resource.owner_id

2 of 3 decisions not as expected.
`)
    const xml = await readFile(join(folder, 'out.xml'), 'utf8')
    expect(xml).toContain('tests="3" failures="2"')
    expect(xml).toContain('name="refund &lt;all&gt;"')
    expect(xml).toContain('<failure message="expected allow, got deny (no-grant)">')
    const json = await run([...argv, '--json'])
    const told = JSON.parse(json.out)
    expect([json.code, told.ok, told.cases.map((one: { ok: boolean }) => one.ok)]).toEqual([
      1,
      false,
      [false, true, false],
    ])
    expect(told.cases[0].explanation).toMatchObject({ allowed: false, reason: 'no-grant' })
    const coloured = await freehold(['access', ...argv], { cwd: folder, terminal: true })
    expect(coloured.out).toContain('\x1b[32m✓\x1b[39m reads')
  })

  it.each([
    ['cases: []', 'cases', 'at least one case'],
    ['cases: [{ principal: a@b.test, permission: x, expect: maybe }]', 'cases[0].expect', 'allow or deny'],
    ['cases: [{ principal: a@b.test, permission: x, expect: allow, reason: because }]', 'cases[0].reason', 'one of'],
    ['cases: [{ principal: { robot: x }, permission: x, expect: allow }]', 'cases[0].principal', 'an address'],
    ['cases: [{ principal: a@b.test, permision: x, expect: allow }]', 'cases[0].permision', 'no such field'],
    ['cases: [{ principal: a@b.test, permission: x, at: noon, expect: allow }]', 'cases[0].at', 'a time'],
    [
      'cases: [{ principal: a@b.test, permission: note:read, expect: allow }]',
      'cases[0].principal',
      'no user a@b.test',
    ],
    [
      'cases: [{ principal: { roles: [] }, permission: note:read, place: { team: main/x }, expect: deny }]',
      'cases[0].place',
      'no team main/x',
    ],
    ['cases: [', 'bad.yaml', 'line 1'],
  ])('refuses %s, at %s', async (text, path, problem) => {
    await writeFile(join(folder, 'bad.yaml'), text)
    const { code, out, err } = await run(['test', 'bad.yaml', '--model', 'model.yaml'])
    expect([code, out.trim()]).toEqual([2, ''])
    expect(err).toContain(path)
    expect(err).toContain(problem)
  })

  it('says where a model is wrong, and what is not declared', async () => {
    await writeFile(join(folder, 'faulty.yaml'), MODEL.replace('parent: viewer', 'parent: nobody'))
    const faulty = await run(['test', 'cases.yaml', '--model', 'faulty.yaml'])
    expect(faulty.code).toBe(1)
    expect(faulty.err).toContain('roles[0]')
    expect(faulty.err).toContain('there is no role nobody')
    await writeFile(join(folder, 'bare.yaml'), 'format: freehold.access/1')
    expect((await run(['test', 'cases.yaml', '--model', 'bare.yaml'])).err).toContain('--permissions')
    await writeFile(join(folder, 'catalog.yaml'), 'note: [read, write]')
    const catalog = ['--permissions', 'catalog.yaml']
    await writeFile(
      join(folder, 'one.yaml'),
      'cases: [{ principal: { roles: [member] }, permission: note:read, expect: allow }]',
    )
    expect((await run(['test', 'one.yaml', '--model', 'bare.yaml', ...catalog])).code).toBe(0)
    await writeFile(
      join(folder, 'unknown.yaml'),
      'cases: [{ principal: { roles: [member] }, permission: note:shred, expect: deny }]',
    )
    const unknown = await run(['test', 'unknown.yaml', '--model', 'bare.yaml', ...catalog])
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('PERMISSION_UNKNOWN')])
  })

  it.each([
    [['test'], 'access test takes a file'],
    [['test', 'a', 'b'], 'access test takes one file'],
    [['export', 'a'], 'access export takes no file'],
    [['export'], 'access export wants a tenant'],
    [['frob'], 'access takes test, lint, export, diff, import, not "frob"'],
    [['lint', 'a', '--replace'], '--replace goes with "access diff", "access import"'],
    [['test', 'a', '--tenant', 'x', '--model', 'y'], 'exclude each other'],
    [['export', '--tenant', 'acme'], 'there is no database'],
  ])('refuses the command line %j', async (argv, problem) => {
    const { code, err } = await run(argv)
    expect([code, err]).toEqual([2, expect.stringContaining(problem)])
  })
})

describe('on a tenant of a database', () => {
  let database: TestDatabase
  let host: Freehold
  const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read', 'refund'] })
  const stored = ['--tenant', 'acme', '--permissions', 'catalog.yaml']
  const on = (argv: string[]) => run([...argv, ...stored], { DATABASE_URL: database.appUrl, FREEHOLD_KEY: KEY })
  beforeAll(async () => {
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
2 of 2 principals would gain or lose something. Nothing was changed.
`,
    })
    const dry = await on(['import', 'wanted.yaml', '--dry-run'])
    expect(dry.code).toBe(0)
    expect(dry.out).toContain('  + roles author\n')
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
    expect([nowhere.code, nowhere.err]).toEqual([1, expect.stringContaining('TENANT_UNKNOWN')])
    const bare = await run(['lint', '--tenant', 'acme'], { DATABASE_URL: database.appUrl, FREEHOLD_KEY: KEY })
    expect([bare.code, bare.err]).toEqual([2, expect.stringContaining('--permissions')])
  })
})
