// The host's SQL cannot leave its transaction: what came next would be said as the superuser that PGlite is.

import type { PGlite } from '@electric-sql/pglite'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pglite } from '../../src/adapters/pglite/index.ts'
import { PgliteLink } from '../../src/adapters/pglite/pglite-link.ts'
import { refused } from '../setup/refusal.ts'
import { migratedPglite } from './instance.ts'

let database: PGlite
beforeAll(async () => {
  database = await migratedPglite()
})
afterAll(() => database?.close())

describe('SQL of the host’s that leaves its transaction', () => {
  it.each(['commit', '/* x */ commit', '-- x\nrollback', 'commit and chain', ';commit'])(
    'is refused: %s',
    async (text) => {
      const scope = pglite({ database }).tenant({ id: crypto.randomUUID(), location: { database: '', schema: '' } })
      const left = scope.transaction(({ db }) => sql.raw(text).execute(db))
      await refused(() => left, 'INPUT_INVALID')
    },
  )

  it.each(['commit', 'rollback', 'commit and chain', '-- x\nrollback and chain'])(
    'in a disguise nobody knows, loses it, and nothing is said as the superuser: %s',
    async (text) => {
      const link = new PgliteLink({
        open: async () => database,
        owned: false,
        acquireTimeoutMs: 300,
      })
      const said: unknown[] = []
      const work = link.unit(crypto.randomUUID(), async ({ send }) => {
        await send({ text: 'select 1' })
        await send({ text, host: true }).catch(() => undefined)
        said.push(await send({ text: 'select current_user::text as user', host: true }))
      })
      await refused(() => work, 'TRANSACTION_LOST')
      expect(said).toEqual([])
      const role = await link.unit(null, ({ send }) => send({ text: 'select current_user::text as role' }))
      expect(role.rows).toEqual([{ role: 'freehold_app' }])
      expect((await database.query('select current_user::text as role')).rows).toEqual([{ role: 'postgres' }])
    },
  )
})
