// There is no database for the host's own tables in memory; whoever reaches for it is told so at once.

import { FreeholdError } from '../../core/kernel/errors.ts'

/** What `tx.db` is on `memory()`: nothing to query. Every use throws CONFIG_INVALID. */
export interface MemoryDb {
  readonly [member: string]: never
}

export const hostDb: MemoryDb = new Proxy<MemoryDb>(Object.freeze({}), {
  get(_, member) {
    // what looks at a value, as `await` and printing do, is not a use
    if (typeof member === 'symbol' || member === 'then' || member === 'toJSON') return undefined
    throw new FreeholdError('CONFIG_INVALID', {
      option: 'storage',
      problem: `memory() has no database for the host's own queries (db.${member}); use pglite() or postgres()`,
    })
  },
})
