// freehold keys: what needs which root key, and moving it, from the command line; and never a key on the screen.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgres } from '../../src/adapters/postgres/index.ts'
import { createEnvelope, sealedWith } from '../../src/core/kernel/envelope.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { createTenantRow, createTestDatabase, createUserRow, type TestDatabase } from '../setup/database.ts'
import { freehold } from './terminal.ts'

const runtime = systemRuntime()
const [k1, k2] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
const older = createEnvelope(createKeyring({ current: 'k1', k1 }), runtime)

let database: TestDatabase
let tenantId: string
let factor: string
beforeAll(async () => {
  database = await createTestDatabase()
  const tenant = await createTenantRow(database)
  tenantId = tenant.id
  const userId = await createUserRow(database, tenant)
  factor = runtime.newId()
  const place = { tenantId, table: 'mfa_methods', column: 'secret', row: factor }
  const storage = postgres({ pool: database.appPool, listen: false })
  await storage
    .tenant({ id: tenant.id, location: storage.sharedLocation })
    .records.insert('mfa_methods', [
      { id: factor, user_id: userId, type: 'totp', name: 'App', secret: older.seal(randomBytes(20), place) },
    ])
})
afterAll(() => database.close())

async function run(argv: string[], env: Record<string, string> = {}) {
  const said = await freehold(argv, { env: { DATABASE_URL: database.appUrl, ...env } })
  for (const key of [k1, k2]) expect(said.out + said.err).not.toContain(key.slice(0, 10))
  return said
}
const both = { FREEHOLD_KEYS: JSON.stringify({ current: 'k2', k1, k2 }) }
const sealed = async (): Promise<Uint8Array> =>
  (await database.admin('select secret from freehold.mfa_methods where id = $1', [factor]))[0]!.secret as Uint8Array

describe('freehold keys', () => {
  it('status: nothing is to be done where there is one key', async () => {
    const { code, out, err } = await run(['keys', 'status'], { FREEHOLD_KEY: k1 })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain('current k1, known k1')
    expect(out).toContain('There is no older key.')
  })

  it('status: says what needs the older key, and changes nothing', async () => {
    const { code, out } = await run(['keys', 'status'], both)
    expect(code).toBe(1)
    expect(out).toContain('current k2, known k1, k2')
    expect(out).toContain('k1 is needed by 1 field and 0 live sessions')
    expect(sealedWith(await sealed())).toBe(1)
    const json = JSON.parse((await run(['keys', 'status', '--json'], both)).out)
    expect(json).toMatchObject({ kind: 'finished', current: 'k2', inUse: [{ key: 'k1', fields: 1, sessions: 0 }] })
  })

  it('reencrypt: without the key a field is told, and stays', async () => {
    const { code, out } = await run(['keys', 'reencrypt'], { FREEHOLD_KEYS: JSON.stringify({ current: 'k2', k2 }) })
    expect(code).toBe(1)
    expect(out).toContain(`mfa_methods.secret of ${factor}, tenant ${tenantId}: it does not open with k1`)
    expect(sealedWith(await sealed())).toBe(1)
  })

  it('reencrypt: moves it, and says that the older key may go', async () => {
    const first = await run(['keys', 'reencrypt'], both)
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toContain('1 sealed field of 2 tenants, 1 moved')
    expect(first.out).toContain('k1 is needed by nothing that is stored')
    expect(sealedWith(await sealed())).toBe(2)
    const again = await run(['keys', 'reencrypt', '--json'], both)
    const events = again.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.at(-1)).toMatchObject({ kind: 'finished', moved: 0, unused: ['k1'] })
    expect((await run(['keys', 'status'], both)).code).toBe(0)
  })

  it.each([
    [{}, 'KEY_WEAK'],
    [{ FREEHOLD_KEYS: `{"current":"k1","k1":"${k1}` }, 'CONFIG_INVALID'],
    [{ FREEHOLD_KEYS: JSON.stringify({ current: 'k3', k1 }) }, 'CONFIG_INVALID'],
  ])('refuses keys that are none: %#', async (env, code) => {
    const said = await run(['keys', 'status'], env as Record<string, string>)
    expect(said.code).toBeGreaterThan(0)
    expect(said.err).toContain(code)
  })
})
