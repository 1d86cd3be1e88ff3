// Rotation of a refresh-token family, as it is told: who is first moves it on, who comes again in time gets the same
// child, and a token that comes back late ends the family.

import { viewOfSession, viewOfUser } from '../../core/storage/session-view.ts'
import { fromNow, type Row } from '../../core/storage/tables.ts'
import type { RotationOutcome, RotationStep, SessionLookup } from '../../core/storage/verbs.ts'
import type { Statements } from './statements.ts'

/** A live session with its user, or undefined. */
export function lookUpSession(statements: Statements, sessionId: string): SessionLookup | undefined {
  const found = find(statements, sessionId)
  return found && isAlive(found, statements.now()) && found.user.status === 'active' ? viewOf(found) : undefined
}

/** Not revoked, not expired, and of its user's epoch. What is not can never live again. */
export function isAlive({ session, user }: Pick<Found, 'session' | 'user'>, now: number): boolean {
  const { revoked_at, idle_expires_at, absolute_expires_at, epoch } = session
  return (
    revoked_at === null &&
    now < idle_expires_at.getTime() &&
    now < absolute_expires_at.getTime() &&
    epoch === user.session_epoch
  )
}

/** A session with its user, whole. */
interface Found {
  readonly session: Row<'sessions'>
  readonly user: Row<'users'>
  readonly accessVersion: number
}

function viewOf({ session, user, accessVersion }: Found): SessionLookup {
  return { session: viewOfSession(session), user: viewOfUser(user), accessVersion }
}

function find(statements: Statements, sessionId: string): Found | undefined {
  const session = statements.get('sessions', { id: sessionId })
  const user = session && statements.get('users', { id: session.user_id })
  return user && { session, user, accessVersion: counterOf(statements, 'access') }
}

/** 0 where it was never moved. */
export function counterOf(statements: Statements, name: 'access' | 'access-writes'): number {
  return statements.get('tenant_counters', { name })?.value ?? 0
}

/** @see RotationOutcome for what each answer means */
export function rotateSession(statements: Statements, step: RotationStep): RotationOutcome {
  const found = find(statements, step.sessionId)
  const now = statements.now()
  if (!found) return { kind: 'ended', revoked: false }
  if (!isAlive(found, now)) return { kind: 'ended', revoked: true }
  if (found.user.status !== 'active') return { kind: 'ended', revoked: false }
  const { session } = found
  const within = (since: Date | null): boolean => since !== null && now < since.getTime() + step.graceMs

  if (sameBytes(session.current_hash, step.presentedHash)) return rotate(statements, found, step)
  if (session.previous_hash && sameBytes(session.previous_hash, step.presentedHash) && within(session.rotated_at)) {
    if (session.retries >= step.retryCap) return { kind: 'throttled' }
    const [counted] = statements.update('sessions', { id: session.id }, { retries: { add: 1 } })
    const { nonce, key_id: keyId } = session
    return { kind: 'repeated', nonce, keyId, ...viewOf({ ...found, session: counted! }) }
  }
  if (step.generation === session.generation - 2 && within(session.previous_rotated_at)) return { kind: 'superseded' }
  const { eventId, generation } = step
  if (eventId === null) return { kind: 'suspect' }
  const report = (kind: string) => {
    const { id: session_id, user_id } = session
    const details = { presented: generation, current: session.generation }
    statements.insert('security_events', [{ id: eventId, kind, user_id, session_id, details }])
  }
  if (generation > session.generation) {
    report('refresh-ahead')
    return { kind: 'ahead' }
  }
  const forked = generation === session.generation
  const reason = forked ? 'forked' : 'refresh-reuse'
  statements.update('sessions', { id: session.id }, { revoked_at: fromNow(), revoke_reason: reason })
  report(forked ? 'refresh-forked' : 'refresh-reuse')
  return { kind: forked ? 'forked' : 'reused', userId: session.user_id }
}

function rotate(statements: Statements, found: Found, step: RotationStep): RotationOutcome {
  const { session } = found
  const idle = statements.now() + step.idleTimeoutMs
  const [rotated] = statements.update(
    'sessions',
    { id: session.id },
    {
      generation: { add: 1 },
      current_hash: step.childHash,
      previous_hash: session.current_hash,
      nonce: step.nonce,
      key_id: step.keyId,
      rotated_at: fromNow(),
      previous_rotated_at: session.rotated_at,
      retries: 0,
      idle_expires_at: new Date(Math.min(idle, session.absolute_expires_at.getTime())),
    },
  )
  return { kind: 'rotated', ...viewOf({ ...found, session: rotated! }) }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
