// Becoming a user: by signing up, or by being invited. In both the address is proven before there is a user, and a
// password is chosen by whoever proves it (A10).

import { inRequestOf } from '../audit/actor.ts'
import { type ChallengePurpose, createChallenges } from '../authentication/challenges.ts'
import type { SignInEngine } from '../authentication/engine-contract.ts'
import type { Passwords } from '../authentication/passwords.ts'
import { emailIsFactor } from '../authentication/sign-in-policy.ts'
import type { SignedIn } from '../authentication/signed-in.ts'
import type { Members } from '../billing/members.ts'
import type { TenantContext } from '../context.ts'
import { parseEmail } from '../identity/email.ts'
import { createUsers } from '../identity/users.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { checkKeys, checkText, invalid } from '../kernel/input.ts'
import { fromNow } from '../storage/tables.ts'
import type { Accounts, JoinProof } from './account.ts'
import { addressHolder } from './email.ts'
import { addressOf, admit, consumeLink, linkFacts, openErrand, refused, requested } from './errand.ts'

type Joining = Pick<Accounts, 'requestSignUp' | 'confirmSignUp' | 'invite' | 'acceptInvitation'>

export interface JoiningParts {
  readonly passwords: Passwords
  readonly engine: SignInEngine
  readonly members: Members
}

export function createJoining(context: TenantContext, { passwords, engine, members }: JoiningParts): Joining {
  const { scope, tenant, actor, post, settings } = context
  const { linkLifetimeMs, invitationLifetimeMs } = settings.accounts

  /** The user, their first session and the spent link, or none of them. */
  async function join(purpose: ChallengePurpose, proof: JoinProof): Promise<SignedIn> {
    checkKeys(proof, 'proof', ['token', 'password', 'name', 'client'])
    const { token, password, client } = proof
    const name = proof.name === undefined ? undefined : checkText(proof.name, 'name', { maximum: 200 })
    // looked at first, so that neither a dead link costs a hash, nor a password that is not accepted the link
    const found = await createChallenges(context).find({ purpose, token })
    if (!found || found.data.known === 'yes') throw refused()
    // where the mailbox is no factor the new password is what signs them in, and there must be one
    const byMailbox = emailIsFactor(context)
    if (!byMailbox && password === undefined)
      throw invalid('password', 'it is missing: e-mail is no way to sign in here')
    const { email, emailNorm } = parseEmail(found.data.to)
    if (password !== undefined) await passwords.accept(password, { tenant, email: emailNorm })
    const hash = password === undefined ? undefined : await passwords.hash(password)

    return scope.transaction(async (unit) => {
      await consumeLink(context, unit, purpose, token)
      // the address is the link's: nobody accepts for another, and nothing in the request could name one (A02)
      const joining = { ...context, scope: unit, actor: inRequestOf(actor, { type: 'user' }, client) }
      const created = await createUsers(joining, passwords, members).create({
        email,
        emailVerified: true,
        ...(name === undefined ? {} : { name }),
      })
      if (hash !== undefined) {
        const change = { password_hash: hash, password_changed_at: fromNow() }
        await unit.records.update('users', { id: created.id }, change)
      }
      const user = await unit.records.get('users', { id: created.id })
      return engine.conclude(
        { ...context, scope: unit },
        {
          user: user!,
          methods: byMailbox ? ['otp'] : ['pwd'],
          assuranceLevel: 1,
          usedFactors: [],
          ...(client ? { client } : {}),
        },
      )
    })
  }

  return {
    async requestSignUp(request) {
      post.requireMailer()
      const { email, emailNorm } = addressOf(request)
      await admit(context, 'sign-up', emailNorm)
      // one question, whoever there is
      const holder = await addressHolder(context, emailNorm)
      const known = holder?.status === 'active' ? holder : undefined
      const { secret } = await openErrand(context, {
        purpose: 'sign-up',
        kind: 'link',
        user: undefined,
        data: { to: email, known: holder ? 'yes' : 'no' },
        lifetimeMs: linkLifetimeMs,
        entry: () => requested(context, 'sign-up', emailNorm, known),
      })
      if (known) post.mail('sign-up-known', known.email, { tenant })
      if (holder) return
      const link = post.link('sign-up', tenant, secret)
      post.mail('sign-up', email, linkFacts(context, link, linkLifetimeMs))
    },

    confirmSignUp: (proof) => join('sign-up', proof),

    async invite(invitation) {
      post.requireMailer()
      const { email, emailNorm } = addressOf(invitation)
      await admit(context, 'invitation', emailNorm)
      if (await addressHolder(context, emailNorm)) throw new FreeholdError('EMAIL_TAKEN')
      const opened = await openErrand(context, {
        purpose: 'invitation',
        kind: 'link',
        user: undefined,
        data: { to: email },
        lifetimeMs: invitationLifetimeMs,
        entry: (id) => ({ action: 'invitation.sent', targets: [{ type: 'invitation', id }] }),
      })
      const link = post.link('invitation', tenant, opened.secret)
      post.mail('invitation', email, linkFacts(context, link, invitationLifetimeMs))
      return { id: opened.id, expiresInMs: invitationLifetimeMs }
    },

    acceptInvitation: (proof) => join('invitation', proof),
  }
}
