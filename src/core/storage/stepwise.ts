// Steps taken one by one in a transaction: what they mean, for storages to which a round trip is nothing.

import type { Deed, Outcome, Step } from './steps.ts'
import type { TenantScope, TenantUnit } from './storage.ts'

/** Takes back what the steps before it did. */
class Lost extends Error {
  readonly step: Step
  constructor(step: Step) {
    super('a step was lost')
    this.step = step
  }
}

export async function stepByStep<Db>(
  scope: Pick<TenantScope<Db>, 'transaction'>,
  steps: readonly Step[],
): Promise<Outcome> {
  const rows = new Map<Step, unknown>()
  try {
    await scope.transaction(async (unit) => {
      for (const step of steps) {
        const row = await take(unit, step.deed)
        if (row === LOST) throw new Lost(step)
        rows.set(step, row)
      }
    })
  } catch (error) {
    if (error instanceof Lost) return { done: false, lost: error.step }
    throw error
  }
  return { done: true, row: <R>(step: Step<R>) => rows.get(step) as R }
}

const LOST = Symbol('lost')

/** The row that the step answers, where it answers one. */
async function take({ records, verbs }: TenantUnit, deed: Deed): Promise<unknown> {
  switch (deed.kind) {
    case 'hold':
      return records.lock(deed.table, deed.key)
    case 'changeOne': {
      const changed = await records.update(deed.table, deed.where, deed.change)
      return changed.length === 1 ? changed[0] : LOST
    }
    case 'change':
      return records.update(deed.table, deed.where, deed.change)
    case 'add':
      return (await records.insert(deed.table, [deed.row as never]))[0]
    case 'addAll':
      return records.insert(deed.table, deed.rows as never)
    case 'remove':
      return records.remove(deed.table, deed.where)
    case 'there':
      return (await records.count(deed.table, deed.where)) === 1 ? undefined : LOST
    case 'atMost':
      return (await records.count(deed.table, deed.where)) > deed.maximum ? LOST : undefined
    case 'openSession':
      return (await verbs.openSession(deed.opening)) ?? LOST
    case 'endSession':
      return (await verbs.endSessions(deed.ending)).length === 1 ? undefined : LOST
    case 'takeAttempt':
      return verbs.takeAttempt(deed.attempt)
    case 'learnSignIn':
      return verbs.learnSignIn(deed.learning)
    case 'countFailure':
      return verbs.countFailure(deed.failure)
    case 'appendAudit':
      return verbs.appendAudit(deed.events)
    case 'publish':
      return verbs.publish(deed.notice)
  }
}
