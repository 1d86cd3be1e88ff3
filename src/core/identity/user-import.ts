// The users of another system, many at a time, with the hashes of their passwords. A run that was cut short is run again:
// whoever came the first time is left as they are.

import type { Members } from '../billing/members.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkInteger, checkKeys, invalid } from '../kernel/input.ts'
import type { NewRow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import { type User, userFromRow } from './user.ts'
import type { NewUser } from './users.ts'

/** Without a password: hashing many takes hours, and nobody else's should be at hand. */
export type ImportedUser = Omit<NewUser, 'password'>

export interface ImportOptions {
  /** Users that are written in one transaction, 1 to 500. Default 100. */
  readonly batch?: number
}

/** What became of one of them. */
export type ImportResult = {
  /** Its place among what was given, from 0. */
  readonly index: number
  /** As it was given; empty where it was no text. */
  readonly email: string
} & (
  | { readonly outcome: 'created'; readonly user: User }
  /** Somebody has the address, from an earlier run or otherwise. Nothing changed. */
  | { readonly outcome: 'exists' }
  /** EMAIL_INVALID, INPUT_INVALID or LIMIT_REACHED; the others go on. */
  | { readonly outcome: 'refused'; readonly error: FreeholdError }
)

export interface UserImport {
  /**
   * Reads no further ahead than one batch, and answers each of them in their order, once their batch has been written. Stops
   * where the reader stops.
   * @throws INPUT_INVALID (what is given is no list, or a batch of another size), PACKAGE_MISSING (for a kind of hash), STORAGE_UNAVAILABLE
   */
  import(
    users: Iterable<ImportedUser> | AsyncIterable<ImportedUser>,
    options?: ImportOptions,
  ): AsyncIterable<ImportResult>
}

/** What is in the way of one user, and not of the next. */
const OF_ONE = ['EMAIL_INVALID', 'INPUT_INVALID', 'LIMIT_REACHED'] as const
const FIELDS = ['email', 'name', 'passwordHash', 'emailVerified', 'metadata'] as const
const BATCH = { most: 500, usual: 100 } as const

interface Named {
  readonly index: number
  readonly email: string
}
type Ready = Named & { readonly columns: NewRow<'users'> & { readonly id: string } }
type Refused = Named & { readonly outcome: 'refused'; readonly error: FreeholdError }

/** @param prepare what a user has in the table. @throws as `users.create` */
export function createUserImport(
  context: TenantContext,
  members: Members,
  prepare: (user: NewUser) => Promise<Ready['columns']>,
): UserImport {
  const { scope, actor, auditWriter } = context

  async function ready(user: ImportedUser, named: Named): Promise<Ready | Refused> {
    try {
      checkKeys(user, 'user', FIELDS)
      return { ...named, columns: await prepare(user) }
    } catch (error) {
      return refused(named, error)
    }
  }

  /** All of them in one transaction; where the plan has no room for all, one after the other. */
  async function write(batch: readonly Ready[]): Promise<ImportResult[]> {
    if (batch.length === 0) return []
    try {
      const rows = await insert(batch)
      const created = new Map(rows.map((row) => [row.id, row]))
      return batch.map(({ index, email, columns }) => {
        const row = created.get(columns.id)
        return row ? { index, email, outcome: 'created', user: userFromRow(row) } : { index, email, outcome: 'exists' }
      })
    } catch (error) {
      const [one, ...more] = batch
      if (!one || !FreeholdError.is(error, 'LIMIT_REACHED')) throw error
      if (more.length === 0) return [refused(one, error)]
      const results: ImportResult[] = []
      for (const each of batch) results.push(...(await write([each])))
      return results
    }
  }

  function insert(batch: readonly Ready[]): Promise<UserRow[]> {
    return scope.transaction(async (unit) => {
      // in one order, so that two imports of the same people wait for each other and never both
      const given = batch.map(({ columns }) => columns).sort((a, b) => (a.email_norm < b.email_norm ? -1 : 1))
      const rows = await unit.records.insert('users', given, { onConflict: 'ignore' })
      if (rows.length > 0) await members.joined(unit, rows.length)
      for (const { id, email_verified_at: verifiedAt } of rows) {
        await auditWriter.append(unit, actor, {
          action: 'user.created',
          targets: [{ type: 'user', id }],
          details: { emailVerified: verifiedAt !== null, imported: true },
        })
      }
      return rows
    })
  }

  return {
    async *import(users, options = {}) {
      checkKeys(options, 'options', ['batch'])
      const size = checkInteger(options.batch ?? BATCH.usual, 'batch', 1, BATCH.most)
      if (!isIterable(users)) throw invalid('users', 'it is no list of users')
      let index = 0
      let batch: (Ready | Refused)[] = []
      async function* done() {
        const written = await write(batch.filter((each): each is Ready => 'columns' in each))
        for (const each of batch) yield 'columns' in each ? written.shift()! : each
        batch = []
      }
      for await (const user of users) {
        const email = typeof user?.email === 'string' ? user.email : ''
        batch.push(await ready(user, { index: index++, email }))
        if (batch.length === size) yield* done()
      }
      yield* done()
    },
  }
}

/** @throws what is in the way of all of them */
function refused({ index, email }: Named, error: unknown): Refused {
  const ofOne = FreeholdError.is(error) && OF_ONE.some((code) => error.code === code)
  if (!ofOne) throw error
  return { index, email, outcome: 'refused', error }
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Symbol.iterator in value || Symbol.asyncIterator in value
}
