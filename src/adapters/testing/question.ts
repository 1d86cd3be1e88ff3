// How a question becomes a case: asked as one tenant, asked again as a stranger, then raced.

import { deepStrictEqual } from 'node:assert/strict'
import type { Storage, StorageTraits, TenantScope } from '../../core/storage/storage.ts'
import { columnsOf, type TenantTableName, tenantTables } from '../../core/storage/tables.ts'
import { comparable } from './answers.ts'
import type { ExamCase, ExamHarness } from './harness.ts'
import { createRoom, type Room } from './room.ts'

export interface Question {
  readonly name: string
  readonly ask: (room: Room) => Promise<void>
  /** The same under concurrent callers; asked of a third tenant. */
  readonly race?: (room: Room) => Promise<void>
  /** Why an adapter with these traits cannot be asked. */
  readonly skip?: (traits: StorageTraits) => string | undefined
}

const ROWS_AT_MOST = 10_000

export function examine(group: string, questions: readonly Question[]): ExamCase[] {
  return questions.map(({ name, ask, race, skip }) => ({
    group,
    name,
    skip: (traits) => skip?.(traits),
    async run(harness) {
      const storage = await harness.open()
      try {
        const first = await enter(harness, storage)
        await ask(first.room)
        const before = await everything(first.room.scope)

        const second = await enter(harness, storage)
        await ask(second.room)
        const after = await everything(first.room.scope)
        deepStrictEqual(
          comparable(second.elapsed() ? withoutTimes(after) : after),
          comparable(second.elapsed() ? withoutTimes(before) : before),
          'asked as another tenant, it changed the first tenant',
        )

        if (race) await race((await enter(harness, storage)).room)
      } finally {
        await storage.close()
      }
    },
  }))
}

async function enter(harness: ExamHarness, storage: Storage): Promise<{ room: Room; elapsed(): boolean }> {
  let elapsed = false
  const watched: ExamHarness = {
    traits: harness.traits,
    open: () => harness.open(),
    tenant: () => harness.tenant(),
    close: () => harness.close(),
    elapse(ms) {
      elapsed = true
      return harness.elapse(ms)
    },
  }
  return { room: createRoom(watched, storage, await harness.tenant()), elapsed: () => elapsed }
}

type Everything = [table: TenantTableName, rows: object[]][]

/** In one transaction: many tables, and one moment. */
function everything(scope: TenantScope): Promise<Everything> {
  return scope.transaction(async ({ records }) => {
    const found: Everything = []
    for (const table of Object.keys(tenantTables) as TenantTableName[]) {
      found.push([table, await records.find(table, { limit: ROWS_AT_MOST })])
    }
    return found
  })
}

/** Where passing time means shifted rows, the first tenant's times have moved too. */
function withoutTimes(all: Everything): Everything {
  return all.map(([table, rows]) => {
    const times = columnsOf(table).flatMap(([column, { type }]) => (type === 'time' ? [column] : []))
    return [table, rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !times.includes(name))))]
  })
}
