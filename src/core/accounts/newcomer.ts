// Somebody who becomes a user by a link: the address is the link's, proven by it, and what they choose beside it is looked
// at before the link is used up.

import type { Permissions } from '../access/permissions.ts'
import { inRequestOf } from '../audit/actor.ts'
import type { SignInEngine } from '../authentication/engine-contract.ts'
import type { Passwords } from '../authentication/passwords.ts'
import { emailIsFactor } from '../authentication/sign-in-policy.ts'
import type { SignedIn } from '../authentication/signed-in.ts'
import type { Members } from '../billing/members.ts'
import type { TenantContext } from '../context.ts'
import { parseEmail } from '../identity/email.ts'
import { createUsers } from '../identity/users.ts'
import { checkKeys, checkText, invalid } from '../kernel/input.ts'
import type { ClientInfo } from '../sessions/session.ts'
import type { TenantUnit } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { JoinProof } from './account.ts'

export interface JoiningParts {
  readonly passwords: Passwords
  readonly engine: SignInEngine
  readonly members: Members
  readonly permissions: Permissions
}

/** What a proof says beside its token. @throws INPUT_INVALID */
export function checkProof(proof: JoinProof): Omit<JoinProof, 'token'> {
  checkKeys(proof, 'proof', ['token', 'password', 'name', 'client'])
  const { token: _, name, ...rest } = proof
  return { ...rest, ...(name === undefined ? {} : { name: checkText(name, 'name', { maximum: 200 }) }) }
}

export interface Newcomer {
  /** The user, proven and with their password. In the transaction that uses the link up. @throws EMAIL_TAKEN, LIMIT_REACHED */
  create(unit: TenantUnit): Promise<UserRow>
  /** Their first session, in the same transaction. */
  enter(unit: TenantUnit, user: UserRow): Promise<SignedIn>
  /** Their request, in their name. */
  readonly context: TenantContext
  readonly client?: ClientInfo
}

/**
 * Before the link is used up, so that a password that is not accepted does not cost it.
 * @throws INPUT_INVALID (a password is missing), PASSWORD_REJECTED, OVERLOADED, LEAK_LIST_UNAVAILABLE
 */
export async function prepareNewcomer(
  context: TenantContext,
  { passwords, engine, members }: JoiningParts,
  address: unknown,
  { password, name, client }: Omit<JoinProof, 'token'>,
): Promise<Newcomer> {
  const { tenant, actor } = context
  // where the mailbox is no factor the new password is what signs them in, and there must be one
  const byMailbox = emailIsFactor(context)
  if (!byMailbox && password === undefined) throw invalid('password', 'it is missing: e-mail is no way to sign in here')
  const { email, emailNorm } = parseEmail(address)
  if (password !== undefined) await passwords.accept(password, { tenant, email: emailNorm })
  const hash = password === undefined ? undefined : await passwords.hash(password)
  const joining: TenantContext = { ...context, actor: inRequestOf(actor, { type: 'user' }, client) }

  return {
    context: joining,
    async create(unit) {
      // nobody accepts for another, and nothing in the request could name one (A02)
      const { id } = await createUsers({ ...joining, scope: unit }, passwords, members).create({
        email,
        emailVerified: true,
        ...(name === undefined ? {} : { name }),
      })
      if (hash !== undefined) {
        await unit.records.update('users', { id }, { password_hash: hash, password_changed_at: fromNow() })
      }
      return (await unit.records.get('users', { id }))!
    },
    enter: (unit, user) =>
      engine.conclude(
        { ...context, scope: unit },
        {
          user,
          methods: byMailbox ? ['otp'] : ['pwd'],
          assuranceLevel: 1,
          usedFactors: [],
          ...(client ? { client } : {}),
        },
      ),
  }
}
