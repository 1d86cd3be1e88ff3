// The gate of a handle: a handle outlives the state in which its tenant was opened, so each call looks whether the
// tenant may still be entered. Inside a transaction nobody looks again: it was let in as a whole.

import type { TenantScope } from '../storage/storage.ts'
import type { TenantStatus } from '../storage/system-tables.ts'
import type { Directory } from './directory.ts'

/**
 * Passes while the tenant is in a state that lets it be entered. Undefined where that is known at once, so that a hot
 * path waits for nothing. `at`: the time, for who has just looked at the clock.
 * @throws TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, BREAK_GLASS_EXPIRED
 */
export type Gate = (at?: number) => Promise<unknown> | undefined

export interface GateOptions {
  /** States of the tenant, beside active, in which it passes. */
  readonly allow?: readonly TenantStatus[] | undefined
  /** What must hold besides: a gate before this one. */
  readonly stands?: Gate | undefined
}

/** For the tenant with this id while it is active, or in one of the states allowed. */
export function createGate(directory: Directory, id: string, { allow, stands }: GateOptions = {}): Gate {
  const enter: Gate = (at) => (directory.peek(id, allow, at) ? undefined : directory.require({ id }, allow))
  if (!stands) return enter
  return (at) => {
    const asked = stands(at)
    return asked ? asked.then(() => enter()) : enter(at)
  }
}

/** The same scope behind a gate. */
export function gatedScope<Db>(scope: TenantScope<Db>, gate: Gate): TenantScope<Db> {
  /** Asynchronous, so that a refusal is a rejection however it was found. */
  const past = async <R>(go: () => Promise<R>): Promise<R> => {
    const asked = gate()
    if (asked) await asked
    return go()
  }
  // made when they are asked for: most requests need one of the two
  let records: TenantScope['records'] | undefined
  let verbs: TenantScope['verbs'] | undefined
  return {
    get records() {
      records ??= gatedRecords(scope.records, past)
      return records
    },
    get verbs() {
      verbs ??= gatedVerbs(scope.verbs, past)
      return verbs
    },
    transaction: (work) => past(() => scope.transaction(work)),
    atOnce: (steps) => past(() => scope.atOnce(steps)),
    read: (work) => past(() => scope.read(work)),
  }
}

type Past = <R>(go: () => Promise<R>) => Promise<R>

function gatedRecords(records: TenantScope['records'], past: Past): TenantScope['records'] {
  return {
    get: (table, key) => past(() => records.get(table, key)),
    lock: (table, key) => past(() => records.lock(table, key)),
    find: (table, query) => past(() => records.find(table, query)),
    insert: (table, rows, options) => past(() => records.insert(table, rows, options)),
    update: (table, where, change) => past(() => records.update(table, where, change)),
    remove: (table, where) => past(() => records.remove(table, where)),
    count: (table, where) => past(() => records.count(table, where)),
  }
}

function gatedVerbs(verbs: TenantScope['verbs'], past: Past): TenantScope['verbs'] {
  return {
    openSession: (opening) => past(() => verbs.openSession(opening)),
    lookUpSession: (id) => past(() => verbs.lookUpSession(id)),
    rotateSession: (step) => past(() => verbs.rotateSession(step)),
    endSessions: (ending) => past(() => verbs.endSessions(ending)),
    lookUpApiKey: (id, hash) => past(() => verbs.lookUpApiKey(id, hash)),
    takeAttempt: (attempt) => past(() => verbs.takeAttempt(attempt)),
    takeRates: (rates) => past(() => verbs.takeRates(rates)),
    beginSignIn: (question) => past(() => verbs.beginSignIn(question)),
    countFailure: (failure) => past(() => verbs.countFailure(failure)),
    learnSignIn: (learning) => past(() => verbs.learnSignIn(learning)),
    loadAccess: (question) => past(() => verbs.loadAccess(question)),
    lockAccess: () => past(() => verbs.lockAccess()),
    moveAccess: () => past(() => verbs.moveAccess()),
    loadPrincipals: (question) => past(() => verbs.loadPrincipals(question)),
    moveTeam: (team, parent) => past(() => verbs.moveTeam(team, parent)),
    appendAudit: (events) => past(() => verbs.appendAudit(events)),
    takeLimit: (take) => past(() => verbs.takeLimit(take)),
    loadEntitlements: () => past(() => verbs.loadEntitlements()),
    writeSubscriptions: (writes) => past(() => verbs.writeSubscriptions(writes)),
    purge: () => past(() => verbs.purge()),
    publish: (notice) => past(() => verbs.publish(notice)),
  }
}

/** A room of which every method answers a promise. */
export type Room<R> = { readonly [M in keyof R]: (...asked: never[]) => Promise<unknown> }

/** The same room behind a gate: for one that has more than the tenant's scope to ask. */
export function gatedRoom<R extends Room<R>>(room: R, gate: Gate): R {
  const methods = Object.entries<(...asked: never[]) => Promise<unknown>>(room)
  const gated = methods.map(([name, method]) => {
    const past = async (...asked: never[]): Promise<unknown> => {
      const passing = gate()
      if (passing) await passing
      return method(...asked)
    }
    return [name, past] as const
  })
  return Object.fromEntries(gated) as R
}
