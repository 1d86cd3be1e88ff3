// A town for tests: one tenant on any storage, with its users, passwords and sign-in, and a hash whose work is counted.

import { createSignInEngine } from '../../src/core/authentication/engine.ts'
import type { SignInEngine } from '../../src/core/authentication/engine-contract.ts'
import type { FactorVerifier } from '../../src/core/authentication/factor.ts'
import { createPasswords, type Passwords } from '../../src/core/authentication/passwords.ts'
import { createSignIn, type SignIn } from '../../src/core/authentication/sign-in.ts'
import type { SignedIn } from '../../src/core/authentication/signed-in.ts'
import { createMembers } from '../../src/core/billing/members.ts'
import { createPlans } from '../../src/core/billing/plans.ts'
import type { TenantContext } from '../../src/core/context.ts'
import type { User } from '../../src/core/identity/user.ts'
import { createUsers, type Users } from '../../src/core/identity/users.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import type { SessionId } from '../../src/core/kernel/ids.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import type { PasswordHasher } from '../../src/core/ports/password-hasher.ts'
import { createSessionIssuer } from '../../src/core/sessions/issue.ts'
import type { Storage, TenantScope, TenantUnit } from '../../src/core/storage/storage.ts'
import { tenantFromRow } from '../../src/core/tenancy/tenant.ts'
import { type ContextOverrides, makeContext, makeTenantContext, quickHasher } from '../setup/context.ts'

export interface Town {
  readonly context: TenantContext
  readonly passwords: Passwords
  readonly users: Users
  /** As `users`, in a unit of work. */
  usersIn(unit: TenantUnit): Users
  readonly engine: SignInEngine
  readonly signIn: SignIn
  readonly work: Work
  /** A user with `PASSWORD`, at an address nobody else has. */
  person(): Promise<User>
  /** Signs in with `PASSWORD`, or another. */
  enter(user: Pick<User, 'email'>, password?: string): Promise<SignedIn>
  /** Ids of the user's sessions that work now. */
  alive(user: Pick<User, 'id'>): Promise<SessionId[]>
}

/** What was asked of the hasher, and how often a transaction was opened. */
export interface Work {
  hashes: number
  verifications: number
  transactions: number
}

export const PASSWORD = 'velvet tractor omelette'
const { newId } = systemRuntime()

export async function makeTown(
  storage: Storage,
  overrides: ContextOverrides = {},
  verifiers: readonly FactorVerifier[] = [],
): Promise<Town> {
  const slug = `t${newId().slice(-12)}`
  const [row] = await storage.system.records.insert('tenants', [{ id: newId(), slug, name: 'Globex & Sons' }])
  const work: Work = { hashes: 0, verifications: 0, transactions: 0 }
  const hasher = counted(overrides.passwordHasher ?? quickHasher, work)
  const inside = makeTenantContext(makeContext(storage, { ...overrides, passwordHasher: hasher }), tenantFromRow(row!))
  const context: TenantContext = { ...inside, scope: watched(inside.scope, work) }
  const passwords = createPasswords(context)
  const members = createMembers(createPlans(context))
  const users = createUsers(context, passwords, members)
  const engine = createSignInEngine(createSessionIssuer(context), verifiers)
  const signIn = createSignIn(context, passwords, engine)
  return {
    context,
    passwords,
    users,
    usersIn: (unit) => createUsers({ ...context, scope: unit }, passwords, members),
    engine,
    signIn,
    work,
    person: () => users.create({ email: `${newId()}@example.test`, password: PASSWORD }),
    enter: ({ email }, password = PASSWORD) => signIn.password({ email, password }),
    async alive({ id }) {
      const rows = await context.scope.records.find('sessions', { where: { user_id: id }, limit: 200 })
      const found = await Promise.all(rows.map((session) => context.scope.verbs.lookUpSession(session.id)))
      return found.flatMap((lookup) => (lookup ? [lookup.session.id as SessionId] : []))
    },
  }
}

function watched(scope: TenantScope, work: Work): TenantScope {
  return {
    records: scope.records,
    verbs: scope.verbs,
    transaction(unit) {
      work.transactions++
      return scope.transaction(unit)
    },
    atOnce(steps) {
      work.transactions++
      return scope.atOnce(steps)
    },
    read: (work) => scope.read(work),
  }
}

function counted(hasher: PasswordHasher, work: Work): PasswordHasher {
  return {
    name: hasher.name,
    needsRehash: (hash) => hasher.needsRehash(hash),
    reads: (hash) => hasher.reads?.(hash) ?? false,
    async hash(password) {
      work.hashes++
      return hasher.hash(password)
    },
    async verify(hash, password) {
      work.verifications++
      return hasher.verify(hash, password)
    },
  }
}

/** The error that a promise rejects with. */
export async function refusal(promise: Promise<unknown>): Promise<Pick<FreeholdError, 'code' | 'details'>> {
  try {
    await promise
  } catch (error) {
    if (FreeholdError.is(error)) return { code: error.code, details: error.details }
    throw error
  }
  throw new Error('it was not refused')
}
