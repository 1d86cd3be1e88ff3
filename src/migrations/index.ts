// Migrations of one place: plan, apply, status. An adapter gives the target, and gets the port's Migrations back.

import type {
  MigrationEvent,
  MigrationOptions,
  MigrationPlan,
  MigrationRun,
  MigrationSet,
  Migrations,
} from '../core/storage/migrations.ts'
import { aroundFailed } from './failure.ts'
import { openLedger } from './ledger.ts'
import { bundledMigrations, readMigrations } from './manifest.ts'
import { baselineOf, compare, pendingOf, type Standing } from './plan.ts'
import { run, type Survey } from './run.ts'
import { type MigrationConnection, type MigrationTarget, open } from './target.ts'

export { labelOf } from './file.ts'
export type { MigrationConnection, MigrationTarget } from './target.ts'
export { VERSION } from './version.ts'

/** The port's Migrations on a database. Connects when asked, not before. */
export function createMigrations(target: MigrationTarget): Migrations {
  const read = () => open(() => (target.read ? target.read() : target.connect()))

  async function withReader<R>(use: (connection: MigrationConnection) => Promise<R>): Promise<R> {
    const connection = await read()
    try {
      return await use(connection)
    } catch (error) {
      throw aroundFailed(target.schema, error)
    } finally {
      await connection.end().catch(() => undefined)
    }
  }

  return {
    async plan(options = {}): Promise<MigrationPlan> {
      const survey = surveyOf(target, options)
      return withReader(async (connection) => {
        const standings = await survey(connection)
        const covered = options.baseline === undefined ? () => false : baselineOf(options.baseline, standings)
        const pending = pendingOf(standings).filter((standing) => !covered(standing))
        const [row] = await connection.query('select current_database() as name')
        return {
          database: String(row?.name),
          schema: target.schema,
          pending: pending.map(({ file }) => {
            const { set, number, name, checksum, transactional, sql } = file!
            return { set, number, name, checksum, transactional, sql }
          }),
        }
      })
    },
    apply: (options = {}) => migrationRun(() => run(target, surveyOf(target, options), options)),
    async status(options = {}) {
      const survey = surveyOf(target, options)
      return withReader(async (connection) => (await survey(connection)).map(({ status }) => status))
    },
  }
}

/** Reads the files once and the ledger each time it is called. */
export function surveyOf(
  { schema, folder: configured }: Pick<MigrationTarget, 'schema' | 'folder'>,
  { folder = configured }: MigrationOptions = {},
): Survey {
  const sets: MigrationSet[] = folder === undefined ? ['system', 'tenant'] : ['system', 'tenant', 'host']
  let files: Promise<Parameters<typeof compare>[1]> | undefined
  return async (connection): Promise<Standing[]> => {
    files ??= (async () => [...bundledMigrations(), ...(folder === undefined ? [] : await readMigrations(folder))])()
    return compare(sets, await files, await openLedger(connection, schema).read())
  }
}

/** A run that starts when it is awaited or iterated, and once only however often. */
function migrationRun(start: () => AsyncGenerator<MigrationEvent, void>): MigrationRun {
  const seen: MigrationEvent[] = []
  let events: AsyncGenerator<MigrationEvent, void> | undefined
  let drained: Promise<MigrationEvent[]> | undefined

  async function* recorded(): AsyncGenerator<MigrationEvent, void> {
    for await (const event of start()) {
      seen.push(event)
      yield event
    }
  }
  const iterate = () => {
    events ??= recorded()
    return events
  }
  const drain = async (): Promise<MigrationEvent[]> => {
    for await (const _ of iterate());
    return seen
  }
  return {
    [Symbol.asyncIterator]: iterate,
    // biome-ignore lint/suspicious/noThenProperty: a run can be awaited, as the port promises
    then(fulfilled, rejected) {
      drained ??= drain()
      return drained.then(fulfilled, rejected)
    },
  }
}
