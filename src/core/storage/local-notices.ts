// Notices reach other processes through the database; this process must not wait for them to come back. After a
// commit that published something, and before its caller goes on, the caches here have forgotten. So they have where the
// commit was asked for and its answer was lost: it may have happened.

import type { Storage, SystemScope, SystemUnit, TenantScope, TenantUnit } from './storage.ts'
import type { Notice, SystemVerbs, TenantVerbs } from './verbs.ts'

type Tell = (notice: Notice) => void

/** The same storage, whose committed notices are also told to `tell`, at once. */
export function withLocalNotices<Db>(storage: Storage<Db>, tell: Tell): Storage<Db> {
  return {
    name: storage.name,
    traits: storage.traits,
    migrations: storage.migrations,
    sharedLocation: storage.sharedLocation,
    system: systemScope(storage.system, tell),
    tenant: (ref) => tenantScope(storage.tenant(ref), tell),
    subscribe: (listener) => storage.subscribe(listener),
    inspect: () => storage.inspect(),
    close: () => storage.close(),
  }
}

/** Verbs are made when one is asked for: a transaction of the host's queries needs none. */
function tenantScope<Db>(scope: TenantScope<Db>, tell: Tell): TenantScope<Db> {
  let verbs: TenantVerbs | undefined
  return {
    get records() {
      return scope.records
    },
    get verbs() {
      verbs ??= tenantVerbs(scope.verbs, tell)
      return verbs
    },
    transaction: (work) =>
      afterwards(tell, (keep, ended) => scope.transaction((unit) => ended(work(tenantUnit(unit, keep))))),
    async atOnce(steps) {
      // it is sent with its commit
      let happened = true
      try {
        const outcome = await scope.atOnce(steps)
        happened = outcome.done
        return outcome
      } finally {
        if (happened) for (const { deed } of steps) if (deed.kind === 'publish') tell(deed.notice)
      }
    },
    read: (work) => scope.read(work),
  }
}

function tenantUnit<Db>(unit: TenantUnit<Db>, tell: Tell): TenantUnit<Db> {
  const scope = tenantScope(unit, tell)
  return Object.defineProperty(scope, 'db', { get: () => unit.db, enumerable: true }) as TenantUnit<Db>
}

function systemScope<Db>(scope: SystemScope<Db>, tell: Tell): SystemScope<Db> {
  return {
    records: scope.records,
    verbs: systemVerbs(scope.verbs, tell),
    transaction: (work) =>
      afterwards(tell, (keep, ended) => scope.transaction((unit) => ended(work(systemUnit(unit, keep))))),
  }
}

function systemUnit<Db>(unit: SystemUnit<Db>, tell: Tell): SystemUnit<Db> {
  const { records, verbs, transaction } = systemScope(unit, tell)
  return {
    records,
    verbs,
    transaction,
    tenant: (ref) => tenantUnit(unit.tenant(ref), tell),
    get db() {
      return unit.db
    },
  }
}

/** `Ended` is told when the work of a transaction is over: from then on its commit is asked for. */
type Ended = <R>(work: Promise<R>) => Promise<R>

/** Runs a transaction and tells what it published once it has committed, or may have; what it rolled back is never told. */
async function afterwards<R>(tell: Tell, run: (keep: Tell, ended: Ended) => Promise<R>): Promise<R> {
  const published: Notice[] = []
  let over = false
  const ended: Ended = async (work) => {
    const result = await work
    over = true
    return result
  }
  try {
    return await run((notice) => published.push(notice), ended)
  } finally {
    if (over) for (const notice of published) tell(notice)
  }
}

function tenantVerbs(verbs: TenantVerbs, tell: Tell): TenantVerbs {
  return {
    openSession: (opening) => verbs.openSession(opening),
    lookUpSession: (id) => verbs.lookUpSession(id),
    rotateSession: (step) => verbs.rotateSession(step),
    endSessions: (ending) => verbs.endSessions(ending),
    lookUpApiKey: (id, hash) => verbs.lookUpApiKey(id, hash),
    takeAttempt: (attempt) => verbs.takeAttempt(attempt),
    takeRates: (rates) => verbs.takeRates(rates),
    beginSignIn: (question) => verbs.beginSignIn(question),
    countFailure: (failure) => verbs.countFailure(failure),
    learnSignIn: (learning) => verbs.learnSignIn(learning),
    loadAccess: (question) => verbs.loadAccess(question),
    lockAccess: () => verbs.lockAccess(),
    moveAccess: () => verbs.moveAccess(),
    loadPrincipals: (question) => verbs.loadPrincipals(question),
    moveTeam: (team, parent) => verbs.moveTeam(team, parent),
    appendAudit: (events) => verbs.appendAudit(events),
    takeLimit: (take) => verbs.takeLimit(take),
    loadEntitlements: () => verbs.loadEntitlements(),
    writeSubscriptions: (writes) => verbs.writeSubscriptions(writes),
    purge: () => verbs.purge(),
    publish: (notice) => publish(verbs, notice, tell),
  }
}

function systemVerbs(verbs: SystemVerbs, tell: Tell): SystemVerbs {
  return {
    findTenant: (by) => verbs.findTenant(by),
    claimInbox: (claim) => verbs.claimInbox(claim),
    finishInbox: (end) => verbs.finishInbox(end),
    holdSubscriptions: (names) => verbs.holdSubscriptions(names),
    commitAsynchronously: () => verbs.commitAsynchronously(),
    publish: (notice) => publish(verbs, notice, tell),
  }
}

async function publish(verbs: Pick<TenantVerbs, 'publish'>, notice: Notice, tell: Tell): Promise<void> {
  await verbs.publish(notice)
  tell(notice)
}
