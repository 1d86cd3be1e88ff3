// The session verbs as SQL. What a request waits for is one statement; what is rare may take a second. All of it is
// written for READ COMMITTED: a statement that waited for a row looks at it again as the winner left it.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { columnsOf, type Row } from '../../core/storage/tables.ts'
import type { RotationOutcome, SessionLookup } from '../../core/storage/verbs.ts'
import type { Send, SessionVerbs } from './link.ts'
import { type SessionStatement, sessionStatements } from './session-statements.ts'
import { placeOf } from './verbs.ts'

type Answered = Readonly<Record<string, unknown>>

/** `tenantId` is emitted in every statement, so that the planner prunes; the wall stands behind it. */
export function sessionVerbs(send: Send, schema: string, tenantId: string): SessionVerbs {
  const { quoted } = placeOf(schema)
  const run = async (name: SessionStatement, values: readonly unknown[]): Promise<readonly Answered[]> => {
    const text = sessionStatements[name](quoted)
    const { rows } = await send({ name: `session_${name} ${schema}`, text, values: [tenantId, ...values] })
    return rows
  }

  return {
    async openSession(opening) {
      const [row] = await run('open', [
        opening.id,
        opening.userId,
        opening.epoch,
        opening.currentHash,
        opening.nonce,
        opening.keyId,
        opening.assuranceLevel,
        opening.authenticationMethods,
        opening.ip,
        opening.userAgent,
        Math.min(opening.idleTimeoutMs, opening.absoluteTimeoutMs),
        opening.absoluteTimeoutMs,
      ])
      return row && sessionOf(row)
    },
    async lookUpSession(sessionId) {
      const [row] = await run('look_up', [sessionId])
      return row && both(row)
    },
    async rotateSession(step) {
      const { sessionId, presentedHash, generation, graceMs, retryCap } = step
      // Two statements, each atomic and right by itself. The first moves on or repeats and touches nothing else; when
      // it answers no row, the second locks the row, judges it as it is then, and revokes it with its event, all in
      // one. Nothing is carried from the first to the second, so what happens between them cannot mislead it.
      for (let turn = 0; turn < TURNS; turn++) {
        const [moved] = await run('rotate', [
          sessionId,
          presentedHash,
          step.childHash,
          step.nonce,
          step.keyId,
          graceMs,
          step.idleTimeoutMs,
          retryCap,
        ])
        if (moved) return { kind: moved.rotated === true ? 'rotated' : 'repeated', ...both(moved) }
        const [judged] = await run('judge', [sessionId, presentedHash, generation, graceMs, retryCap, step.eventId])
        const outcome = judged ? verdictOf(judged) : { kind: 'ended' as const, revoked: false }
        if (outcome) return outcome
      }
      throw new FreeholdError('CONFLICT')
    },
    async endSessions({ userId, reason, only, except }) {
      const rows =
        only === undefined
          ? await run('end_all', [userId, reason, except ?? null])
          : await run('end_one', [userId, reason, only])
      return rows.filter(({ id }) => id !== except).map(({ id }) => id as string)
    },
  }
}

/** Undefined: the row is once more as the first statement wants it (a user enabled meanwhile), so ask it again. */
function verdictOf({ verdict, user_id }: Answered): RotationOutcome | undefined {
  switch (verdict) {
    case 'reused':
    case 'forked':
      return { kind: verdict, userId: user_id as string }
    case 'throttled':
    case 'superseded':
    case 'ahead':
      return { kind: verdict }
    case 'dead':
    case 'inactive':
      return { kind: 'ended', revoked: verdict === 'dead' }
    default:
      return undefined
  }
}

const TURNS = 3

const sessionColumns = columnsOf('sessions').map(([name]) => name)
const userColumns = columnsOf('users').map(([name]) => name)

// Two rows in one: the user's columns wear a prefix.
function both(row: Answered): SessionLookup {
  const user: Record<string, unknown> = {}
  for (const name of userColumns) user[name] = row[`u_${name}`]
  return { session: sessionOf(row), user: user as unknown as Row<'users'> }
}

function sessionOf(row: Answered): Row<'sessions'> {
  const session: Record<string, unknown> = {}
  for (const name of sessionColumns) session[name] = row[name]
  return session as unknown as Row<'sessions'>
}
