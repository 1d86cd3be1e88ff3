// The session verbs as SQL. What a request waits for is one statement; what is rare may take a second. All of it is
// written for READ COMMITTED: a statement that waited for a row looks at it again as the winner left it.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { SessionView, UserView } from '../../core/storage/session-view.ts'
import { columnsOf, type Row } from '../../core/storage/tables.ts'
import type { RotationOutcome, RotationStep, SessionLookup } from '../../core/storage/verbs.ts'
import type { Send, SessionVerbs } from './link.ts'
import {
  endOneValues,
  openValues,
  type SessionStatement,
  sessionStatements,
  viewedSession,
  viewedUser,
} from './session-statements.ts'
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
      const [row] = await run('open', openValues(opening))
      return row && part<Row<'sessions'>>(row, sessionColumns)
    },
    async lookUpSession(sessionId) {
      const [row] = await run('look_up', [sessionId])
      return row && both(row)
    },
    async rotateSession(step) {
      const { sessionId, presentedHash, generation } = step
      // Two statements, each atomic and right by itself: one moves the current token on, and where it finds none, the
      // other locks the row, judges the token by it as it is then, and does what follows, all in one. Nothing is
      // carried from the first to the second, so what happens between them cannot mislead it.
      for (let turn = 0; turn < TURNS; turn++) {
        const child = [step.childHash, step.nonce, step.keyId, step.idleTimeoutMs]
        const [rotated] = await run('rotate', [sessionId, presentedHash, ...child])
        if (rotated) return { kind: 'rotated', ...both(rotated) }
        const limits = [step.graceMs, step.retryCap, step.eventId]
        const [judged] = await run('judge', [sessionId, presentedHash, generation, ...limits])
        const outcome = judged ? outcomeOf(judged, step) : { kind: 'ended' as const, revoked: false }
        if (outcome) return outcome
      }
      throw new FreeholdError('CONFLICT')
    },
    async endSessions({ userId, reason, only, except }) {
      const rows =
        only === undefined
          ? (await run('end_all', [userId, reason, except ?? null])).filter(({ lived }) => lived === true)
          : await run('end_one', endOneValues({ userId, reason, only }))
      return rows.map(({ id }) => id as string)
    },
  }
}

/** Undefined: the token is the current one after all (a user enabled meanwhile), so it is tried again. */
function outcomeOf(judged: Answered, { eventId }: RotationStep): RotationOutcome | undefined {
  const { verdict } = judged
  switch (verdict) {
    case 'repeated':
      return { kind: verdict, nonce: judged.nonce as Uint8Array, keyId: judged.key_id as number, ...both(judged) }
    case 'reused':
    case 'forked':
      return eventId === null ? { kind: 'suspect' } : { kind: verdict, userId: judged.owner as string }
    case 'ahead':
      return { kind: eventId === null ? 'suspect' : verdict }
    case 'throttled':
    case 'superseded':
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
const userColumns = [...viewedUser, 'has_password'].map((name) => [name, `u_${name}`] as const)

// Two rows in one: the user's columns wear a prefix.
function both(row: Answered): SessionLookup {
  const user: Record<string, unknown> = {}
  for (const [name, worn] of userColumns) user[name] = row[worn]
  return {
    session: part<SessionView>(row, viewedSession),
    user: user as unknown as UserView,
    accessVersion: row.access_version as number,
  }
}

function part<Columns>(row: Answered, columns: readonly string[]): Columns {
  const columnsOnly: Record<string, unknown> = {}
  for (const name of columns) columnsOnly[name] = row[name]
  return columnsOnly as unknown as Columns
}
