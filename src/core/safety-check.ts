// The look at the database that Freehold takes before it starts, and again when migrations have changed what there is
// to see: on a first start there are no walls yet to look at.

import { FreeholdError } from './kernel/errors.ts'
import type { MigrationEvent, MigrationRun, Migrations } from './storage/migrations.ts'
import type { Finding, FindingId } from './storage/safety.ts'
import type { Storage } from './storage/storage.ts'

export interface SafetyCheckOptions {
  readonly allowUnsafe?: readonly FindingId[] | undefined
  onWarning(findings: readonly Finding[]): void
}

/**
 * Refuses a database that is not safe, and tells what is worth a warning, each finding once in the life of a check.
 * @throws UNSAFE_DATABASE with everything that was found and not allowed by name; STORAGE_UNAVAILABLE
 */
export type SafetyCheck = () => Promise<void>

export function createSafetyCheck(storage: Pick<Storage, 'inspect'>, options: SafetyCheckOptions): SafetyCheck {
  const { allowUnsafe = [], onWarning } = options
  const told = new Set<string>()
  return async () => {
    const findings = worstFirst(await storage.inspect())
    const unsafe = findings.filter(({ id, severity }) => severity === 'refuse' && !allowUnsafe.includes(id))
    if (unsafe.length > 0) {
      throw new FreeholdError('UNSAFE_DATABASE', {
        findings: unsafe.map(({ id, message, remedy }) => ({ id, message: `${message} ${remedy}` })),
      })
    }
    const news = findings.filter(({ id, severity, subject }) => {
      const name = JSON.stringify([id, subject])
      if (severity === 'info' || told.has(name)) return false
      told.add(name)
      return true
    })
    if (news.length > 0) onWarning(news)
  }
}

/** The same migrations; after each `apply` that came to its end, the check. */
export function checkedMigrations(migrations: Migrations, check: SafetyCheck): Migrations {
  return {
    plan: (options) => migrations.plan(options),
    status: (options) => migrations.status(options),
    apply: (options) => followed(migrations.apply(options), check),
  }
}

const RANK = { refuse: 0, warn: 1, info: 2 } as const

export function worstFirst(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity])
}

function followed(run: MigrationRun, check: SafetyCheck): MigrationRun {
  let whole: Promise<MigrationEvent[]> | undefined
  return {
    async *[Symbol.asyncIterator]() {
      yield* run
      await check()
    },
    // biome-ignore lint/suspicious/noThenProperty: a run is awaited or iterated
    then(fulfilled, rejected) {
      whole ??= (async () => {
        const events = await run
        await check()
        return events
      })()
      return whole.then(fulfilled, rejected)
    },
  }
}
