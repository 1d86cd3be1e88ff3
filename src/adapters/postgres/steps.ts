// Steps as statements of one batch. What a step demands the server looks at itself, and stops the transaction where it is not so:
// nobody here could, before the commit that travels in the same batch.

import type { Deed, Outcome, Step } from '../../core/storage/steps.ts'
import { attemptStatement } from './attempt-verbs.ts'
import type { AuditAppend } from './audit-verbs.ts'
import { serverError } from './errors.ts'
import type { Answer, Statement } from './link.ts'
import type { RecordStatements } from './record-statements.ts'
import { failureStatement, learnStatement } from './risk-verbs.ts'
import { endOneValues, openValues, sessionStatements } from './session-statements.ts'
import { demandingOne } from './sql-texts.ts'
import { type Place, publishStatement } from './verbs.ts'

export interface StepParts {
  readonly say: RecordStatements
  readonly place: Place
  readonly tenantId: string
  readonly append: AuditAppend
}

/** How the statements of steps reach the server, as one transaction or a part of one. */
export type SendAll = (statements: readonly Statement[]) => Promise<Answer>

export async function takeSteps(parts: StepParts, sendAll: SendAll, steps: readonly Step[]): Promise<Outcome> {
  const statements: Statement[] = []
  for (const [i, { deed }] of steps.entries()) {
    const statement = await statementOf(parts, deed, i)
    if (statement) statements.push(ANSWERED.has(deed.kind) ? { ...statement, gathered: true } : statement)
  }
  try {
    return done(steps, statements.length === 0 ? NOTHING : await sendAll(statements))
  } catch (error) {
    const lost = lostStep(error, steps)
    if (lost) return { done: false, lost }
    throw error
  }
}

const NOTHING: Answer = { rows: [], command: '', count: 0 }
/** Each of these answers one row. */
const ANSWERED: ReadonlySet<Deed['kind']> = new Set(['changeOne', 'add', 'openSession', 'takeAttempt'])

async function statementOf(parts: StepParts, deed: Deed, step: number): Promise<Statement | undefined> {
  const { say, place, tenantId, append } = parts
  switch (deed.kind) {
    case 'hold':
      return say.one(deed.table, deed.key, true)
    case 'changeOne':
      return say.updateOne(deed.table, deed.where, deed.change, step)
    case 'change':
      return say.update(deed.table, deed.where, deed.change)
    case 'add':
      return say.insert(deed.table, [deed.row])
    case 'addAll':
      return say.insert(deed.table, deed.rows)
    case 'remove':
      return say.remove(deed.table, deed.where)
    case 'there':
      return say.there(deed.table, deed.where, step)
    case 'atMost':
      return say.atMost(deed.table, deed.where, deed.maximum, step)
    case 'openSession':
      return demanded(place, 'open', [tenantId, ...openValues(deed.opening)], step)
    case 'endSession':
      return demanded(place, 'end_one', [tenantId, ...endOneValues(deed.ending)], step)
    case 'takeAttempt':
      return attemptStatement(place.quoted, tenantId, deed.attempt)
    case 'learnSignIn':
      return learnStatement(place.quoted, tenantId, deed.learning)
    case 'countFailure':
      return failureStatement(place.quoted, tenantId, deed.failure)
    case 'appendAudit':
      return deed.events.length === 0 ? undefined : append(tenantId, deed.events)
    case 'publish':
      return publishStatement(deed.notice)
  }
}

function demanded(
  { name, quoted }: Place,
  statement: 'open' | 'end_one',
  values: readonly unknown[],
  step: number,
): Statement {
  const text = demandingOne(sessionStatements[statement](quoted), `$${values.length + 1}`)
  return { name: `demand_${statement} ${name}`, text, values: [...values, step] }
}

function done(steps: readonly Step[], { rows, ends = [] }: Answer): Outcome {
  const answered = steps.filter(({ deed }) => ANSWERED.has(deed.kind))
  return {
    done: true,
    row<R>(step: Step<R>): R {
      return rows[ends[answered.indexOf(step)]! - 1] as R
    },
  }
}

/** What freehold.demand_one says. */
const LOST = 'ZFH01'

function lostStep(error: unknown, steps: readonly Step[]): Step | undefined {
  const said = error instanceof Error ? serverError(error.cause) : undefined
  return said?.code === LOST ? steps[Number(said.detail)] : undefined
}
