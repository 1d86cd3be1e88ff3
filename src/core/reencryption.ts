// Moving sealed fields to the current root key: every column that its table's description marks `sealed`, tenant by
// tenant. A value is only replaced by itself under another key: a row that was changed meanwhile keeps its new value.

import type { Context } from './context.ts'
import { type Place, sealedWith } from './kernel/envelope.ts'
import { FreeholdError } from './kernel/errors.ts'
import { checkKeys, invalid } from './kernel/input.ts'
import { keyId } from './root-keys.ts'
import type { Change, Where } from './storage/records.ts'
import type { TenantScope } from './storage/storage.ts'
import { columnsOf, fromNow, type Row, type TenantTableName, table, tenantTables } from './storage/tables.ts'
import type { Directory } from './tenancy/directory.ts'
import { roundOf } from './tenancy/round.ts'

export interface ReencryptionOptions {
  /** Nothing is changed, or opened: `inUse` says what there would be to move. Default false. */
  readonly dryRun?: boolean
}

export type ReencryptionEvent =
  /** A step is done. The numbers are of this step alone. */
  | {
      readonly kind: 'progress'
      readonly tenantId: string
      readonly table: string
      readonly column: string
      readonly looked: number
      readonly moved: number
    }
  /** A value that does not open: its key is not known here, or it is not what was sealed. It stays as it is. */
  | {
      readonly kind: 'unreadable'
      readonly tenantId: string
      readonly table: string
      readonly column: string
      readonly row: string
      /** The key that the value names; null: it is no sealed value at all. */
      readonly key: string | null
    }
  | ReencryptionSummary

export interface ReencryptionSummary {
  readonly kind: 'finished'
  readonly tenants: number
  /** Tenants that are being moved: nothing of theirs was looked at, and no key counts as unused. */
  readonly leftAlone: number
  readonly looked: number
  readonly moved: number
  readonly unreadable: number
  /** What still needs which key, the current one left out. */
  readonly inUse: readonly KeyUse[]
  /**
   * Known keys that nothing stored needs any more. They may go once the last access token that they signed has expired, and
   * the last link that was sent under them, as an invitation: with the key both are refused.
   */
  readonly unused: readonly string[]
}

export interface KeyUse {
  readonly key: string
  /** Sealed fields. */
  readonly fields: number
  /** Live sessions whose refresh token was made with it; each moves with its next refresh. */
  readonly sessions: number
}

/** Rows looked at, and at most as many changed, in one step. */
const STEP = 50
/** How often a row that was changed meanwhile is looked at again. */
const ROUNDS = 3

/** A row of whichever table it is: its key columns and the sealed one are what is looked at. */
type AnyRow = Row<TenantTableName>

interface SealedColumn {
  readonly table: TenantTableName
  readonly column: string
}

const sealedColumns: readonly SealedColumn[] = (Object.keys(tenantTables) as TenantTableName[]).flatMap((name) =>
  columnsOf(name).flatMap(([column, { sealed }]) => (sealed ? [{ table: name, column }] : [])),
)

/** @throws INPUT_INVALID at once */
export function reencrypt(
  context: Context,
  directory: Directory,
  options: ReencryptionOptions = {},
): AsyncIterable<ReencryptionEvent> {
  checkKeys(options, 'options', ['dryRun'])
  const { dryRun = false } = options
  if (typeof dryRun !== 'boolean') throw invalid('dryRun', 'it is not true or false')
  return walk(context, directory, dryRun)
}

async function* walk(context: Context, directory: Directory, dryRun: boolean): AsyncGenerator<ReencryptionEvent> {
  const { keyring } = context
  const uses = new Map<string, { fields: number; sessions: number }>()
  const useOf = (key: string) => {
    const use = uses.get(key) ?? { fields: 0, sessions: 0 }
    uses.set(key, use)
    return use
  }
  const sum = { tenants: 0, leftAlone: 0, looked: 0, moved: 0, unreadable: 0 }
  for await (const { tenant, scope } of roundOf(context, directory)) {
    if (!scope) {
      // of one that is being purged nothing will be left
      if (tenant.status === 'moving') sum.leftAlone++
      continue
    }
    for (const sealed of sealedColumns) {
      for await (const step of stepsOf(context, scope, tenant.id, sealed, dryRun)) {
        sum.looked += step.looked
        sum.moved += step.moved
        sum.unreadable += step.unreadable.length
        for (const key of step.kept) useOf(key).fields++
        const { table, column } = sealed
        for (const { row, key } of step.unreadable) {
          if (key !== null) useOf(key).fields++
          yield { kind: 'unreadable', tenantId: tenant.id, table, column, row, key }
        }
        yield { kind: 'progress', tenantId: tenant.id, table, column, looked: step.looked, moved: step.moved }
      }
    }
    for (const number of keyring.all) {
      if (number !== keyring.current) useOf(keyId(number)).sessions += await liveSessions(scope, number)
    }
    sum.tenants++
  }
  const inUse = [...uses].filter(([key, use]) => key !== keyId(keyring.current) && use.fields + use.sessions > 0)
  const known = keyring.all.filter((number) => number !== keyring.current).map(keyId)
  const idle = known.filter((key) => !inUse.some(([used]) => used === key))
  yield {
    kind: 'finished',
    ...sum,
    inUse: inUse.map(([key, use]) => ({ key, ...use })),
    unused: sum.leftAlone > 0 ? [] : idle,
  }
}

interface Step {
  readonly looked: number
  readonly moved: number
  readonly unreadable: readonly { readonly row: string; readonly key: string | null }[]
  /** The key of each value that is still under an older one: others changed its row again and again. */
  readonly kept: readonly string[]
}

async function* stepsOf(
  context: Context,
  scope: TenantScope,
  tenantId: string,
  sealed: SealedColumn,
  dryRun: boolean,
): AsyncGenerator<Step> {
  const { keyring } = context
  const key = table(sealed.table).key as readonly (keyof AnyRow)[]
  let after: AnyRow | undefined
  do {
    const rows: AnyRow[] = await scope.records.find(sealed.table, {
      where: { [sealed.column]: { not: null } } as Where<TenantTableName>,
      order: key.map((by) => ({ by })),
      limit: STEP,
      ...(after ? { after } : {}),
    })
    after = rows.length === STEP ? rows.at(-1) : undefined
    let stale = rows.filter((row) => sealedWith(sealedIn(row, sealed)) !== keyring.current)
    const unreadable: Step['unreadable'][number][] = []
    let moved = 0
    for (let round = 0; !dryRun && round < ROUNDS && stale.length > 0; round++) {
      const step = await move(context, scope, tenantId, sealed, stale)
      moved += step.moved
      unreadable.push(...step.unreadable)
      stale = await staleAgain(scope, sealed, step.overtaken, keyring.current)
    }
    const kept = stale.flatMap((row) => keyNamed(sealedIn(row, sealed)) ?? [])
    if (rows.length > 0) yield { looked: rows.length, moved, unreadable, kept }
  } while (after)
}

/** Replaces each value under the guard that it is still the one that was read. Opened and sealed before rows are locked. */
async function move(
  { envelope }: Context,
  scope: TenantScope,
  tenantId: string,
  sealed: SealedColumn,
  rows: readonly AnyRow[],
) {
  const ready: { readonly row: AnyRow; readonly value: Uint8Array }[] = []
  const unreadable: Step['unreadable'][number][] = []
  for (const row of rows) {
    const place = placeIn(tenantId, sealed, row)
    try {
      const plain = envelope.open(sealedIn(row, sealed), place)
      ready.push({ row, value: envelope.seal(plain, place) })
      plain.fill(0)
    } catch (error) {
      if (!FreeholdError.is(error, 'DECRYPTION_FAILED')) throw error
      unreadable.push({ row: place.row, key: keyNamed(sealedIn(row, sealed)) })
    }
  }
  const overtaken: AnyRow[] = []
  if (ready.length > 0) {
    await scope.transaction(async ({ records }) => {
      for (const { row, value } of ready) {
        const asRead = { ...keyOf(sealed, row), [sealed.column]: sealedIn(row, sealed) } as Where<TenantTableName>
        const change = { [sealed.column]: value } as Change<TenantTableName>
        const changed = await records.update(sealed.table, asRead, change)
        if (changed.length === 0) overtaken.push(row)
      }
    })
  }
  return { moved: ready.length - overtaken.length, unreadable, overtaken }
}

/** The rows as they are now, as far as they are still there and under an older key. */
async function staleAgain(
  { records }: TenantScope,
  sealed: SealedColumn,
  rows: readonly AnyRow[],
  current: number,
): Promise<AnyRow[]> {
  const stale: AnyRow[] = []
  for (const row of rows) {
    const now = await records.get(sealed.table, keyOf(sealed, row))
    if (now && sealedIn(now, sealed) !== null && sealedWith(sealedIn(now, sealed)) !== current) stale.push(now)
  }
  return stale
}

function liveSessions({ records }: TenantScope, number: number): Promise<number> {
  return records.count('sessions', { key_id: number, revoked_at: null, idle_expires_at: { from: fromNow() } })
}

function sealedIn(row: AnyRow, { column }: SealedColumn): Uint8Array {
  return (row as unknown as Readonly<Record<string, Uint8Array>>)[column]!
}

function keyOf(sealed: SealedColumn, row: AnyRow): Where<TenantTableName> {
  const named = row as unknown as Readonly<Record<string, unknown>>
  return Object.fromEntries(table(sealed.table).key.map((column) => [column, named[column]]))
}

/** Where a value of this row is sealed for: by its id, and where the key has several columns by all of them. */
function placeIn(tenantId: string, sealed: SealedColumn, row: AnyRow): Place {
  const values = Object.values(keyOf(sealed, row))
  return { tenantId, ...sealed, row: values.length === 1 ? String(values[0]) : JSON.stringify(values) }
}

function keyNamed(value: Uint8Array): string | null {
  const number = sealedWith(value)
  return number === undefined ? null : keyId(number)
}
