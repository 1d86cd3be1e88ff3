// A storage without a schema has no migrations: every question has its empty answer.

import type { MigrationEvent, MigrationRun, Migrations } from '../../core/storage/migrations.ts'
import type { Location } from '../../core/storage/storage.ts'

export function nothingToMigrate({ database, schema }: Location): Migrations {
  return {
    plan: async () => ({ database, schema, pending: [] }),
    apply: () => finished(),
    status: async () => [],
  }
}

function finished(): MigrationRun {
  const events: MigrationEvent[] = [{ kind: 'finished', applied: 0, durationMs: 0 }]
  return {
    async *[Symbol.asyncIterator]() {
      yield* events
    },
    // biome-ignore lint/suspicious/noThenProperty: a run may be awaited as well as iterated
    then: (resolved, rejected) => Promise.resolve(events).then(resolved, rejected),
  }
}
