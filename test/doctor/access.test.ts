// `freehold access` without a database: decisions of a model, and what is wrong with files and command lines.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEY, MODEL } from './access-model.ts'
import { freehold } from './terminal.ts'

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
    + got       deny (no-grant)
    ann@example.test: invoice:refund
    needed   a role that allows it, as owner, admin, member
✓ reads
✗ why
    - expected  deny (no-grant)
    + got       deny (context-missing)
    ann@example.test: note:write
    because  the assignment by role author allows it in the whole tenant, where
             {"resource.owner_id":{"$ref":"principal.id"}}
    missing  resource.owner_id
    needed   to be told resource.owner_id

2 of 3 decisions not as expected.
`)
    const xml = await readFile(join(folder, 'out.xml'), 'utf8')
    expect(xml).toContain('tests="3" failures="2"')
    expect(xml).toContain('name="refund &lt;all&gt;"')
    expect(xml).toContain('<failure message="expected allow, got deny (no-grant)">needed: a role')
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
    ['cases: [{ principal: a@b.test, permission: x, expect: maybe }]', 'cases[0].expect', 'allow or deny, not maybe'],
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
    [
      'cases: [{ principal: { roles: [robot] }, permission: note:read, expect: deny }]',
      'cases[0].principal',
      'no role robot',
    ],
    [
      'cases: [{ principal: { roles: [] }, permission: note:read, on: { type: x, id: y }, expect: deny }]',
      'cases[0].on.type',
      'a permission on x',
    ],
    [
      'permissions: { note: read }\ncases: [{ principal: a@b.test, permission: x, expect: allow }]',
      'permissions',
      'list',
    ],
    ['', 'bad.yaml', '`cases`, a list'],
    ['cases: [', 'bad.yaml, line 1', 'Flow sequence'],
    ['cases:\n  - principal: a\n   permission: x', 'bad.yaml, line 3', 'Sequence item without - indicator (column 1)'],
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
    expect(faulty.code).toBe(2)
    expect(faulty.err).toContain('faulty.yaml: roles[0]')
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
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringContaining('unknown.yaml: cases[0].permission\n  nothing declares note:shred'),
    ])
  })

  it.each([
    [['test'], 'access test takes a file'],
    [['test', 'a', 'b'], 'access test takes one file'],
    [['export', 'a'], 'access export takes no file'],
    [['export'], 'access export wants a tenant'],
    [['lint'], 'access lint wants a model, or a tenant'],
    [['export', '--tenant', 'acme', '--url', 'postgres://a@127.0.0.1:1/b'], 'wants --permissions FILE'],
    [['frob'], 'access takes test, lint, export, diff, import, not "frob"'],
    [['lint', 'a', '--replace'], '--replace goes with "access diff", "access import"'],
    [['test', 'a', '--tenant', 'x', '--model', 'y'], 'exclude each other'],
    [['export', '--tenant', 'acme'], 'there is no database'],
  ])('refuses the command line %j', async (argv, problem) => {
    const { code, err } = await run(argv)
    expect([code, err]).toEqual([2, expect.stringContaining(problem)])
    expect(err).toContain('freehold access --help shows')
  })

  it.each([
    [['test', 'none.yaml'], 'none.yaml', 'there is no such file'],
    [['lint', 'none.yaml'], 'none.yaml', 'there is no such file'],
    [['test', '.'], '.', 'it is a folder'],
    [['test', 'cases.yaml', '--junit', 'none/out.xml'], 'none/out.xml', 'there is no such folder'],
    [['lint', 'model.yaml', '--permissions', 'broken.mjs'], 'broken.mjs', 'it cannot be loaded: '],
    [['lint', 'model.yaml', '--permissions', 'other.mjs'], 'other.mjs', 'exports no `permissions`'],
    [['lint', 'model.yaml', '--permissions', 'upper.yaml'], 'upper.yaml: permissions', 'a-z'],
  ])('names the file of %j that it cannot use', async (argv, file, problem) => {
    await writeFile(join(folder, 'broken.mjs'), 'this is no module')
    await writeFile(join(folder, 'other.mjs'), 'export const permission = 1')
    await writeFile(join(folder, 'upper.yaml'), 'Note: [read]')
    const { code, err } = await run(argv)
    expect([code, err]).toEqual([2, expect.stringContaining(`A file is not as it must be: ${file}`)])
    expect(err).toContain(problem)
    expect(err).not.toMatch(/\bat .*:\d+:\d+/)
  })

  it('ends with 2 where there is no answer, so that 1 is one', async () => {
    await writeFile(join(folder, 'catalog.yaml'), 'note: [read, write]')
    const stored = ['--tenant', 'acme', '--permissions', 'catalog.yaml']
    const env = { DATABASE_URL: 'postgres://app@127.0.0.1:1/nowhere', FREEHOLD_KEY: KEY }
    for (const argv of [['diff', 'model.yaml'], ['lint'], ['export'], ['test', 'cases.yaml']]) {
      const { code, err } = await run([...argv, ...stored], env)
      expect([code, err]).toEqual([2, expect.stringContaining('STORAGE_UNAVAILABLE')])
    }
    const keyless = await run(['lint', ...stored], { DATABASE_URL: env.DATABASE_URL })
    expect([keyless.code, keyless.err]).toEqual([2, expect.stringContaining('A key is too weak: k1')])
  })

  it('names places as files do, and keeps to the width of the terminal', async () => {
    const cases = `
model: model.yaml
cases:
  - { principal: { serviceAccount: robot }, permission: note:read, at: 2026-05-01T00:00:00Z, expect: allow }
  - { principal: { serviceAccount: robot }, permission: note:read, place: { team: main/sales }, at: 2026-05-01T00:00:00Z, expect: deny }
`
    await writeFile(join(folder, 'places.yaml'), cases)
    const { out } = await run(['test', 'places.yaml'])
    expect(out).toContain('    needed   to ask where it is held: in team main/sales\n')
    expect(out).toContain('    because  the assignment by role viewer allows it in team main/sales\n')
    const narrow = await freehold(['access', 'test', 'places.yaml'], { cwd: folder, terminal: true, columns: 50 })
    expect(narrow.out).toContain(
      '    because  the assignment by role viewer allows\n             it in team main/sales\n',
    )
  })
})
