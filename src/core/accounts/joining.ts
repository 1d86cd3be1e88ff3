// Becoming a user by signing up, or by being invited. In both the address is proven before there is a user, and a password is
// chosen by whoever proves it (A10).

import { createChallenges } from '../authentication/challenges.ts'
import type { TenantContext } from '../context.ts'
import type { Accounts } from './account.ts'
import { addressHolder } from './email.ts'
import { addressOf, admit, consumeLink, linkFacts, openErrand, refused, requested } from './errand.ts'
import { createInvitations } from './invitations.ts'
import { checkProof, type JoiningParts, prepareNewcomer } from './newcomer.ts'

type Joining = Pick<Accounts, 'requestSignUp' | 'confirmSignUp' | 'invite' | 'acceptInvitation'>

const PURPOSE = 'sign-up'

export function createJoining(context: TenantContext, parts: JoiningParts): Joining {
  const { scope, tenant, post, settings } = context
  const { linkLifetimeMs, invitationLifetimeMs } = settings.accounts
  const invitations = createInvitations(context, parts)

  return {
    async requestSignUp(request) {
      post.requireMailer()
      const { email, emailNorm } = addressOf(request)
      await admit(context, PURPOSE, emailNorm)
      // one question, whoever there is
      const holder = await addressHolder(context, emailNorm)
      const known = holder?.status === 'active' ? holder : undefined
      const { secret } = await openErrand(context, {
        purpose: PURPOSE,
        kind: 'link',
        user: undefined,
        data: { to: email, known: holder ? 'yes' : 'no' },
        lifetimeMs: linkLifetimeMs,
        entry: () => requested(context, PURPOSE, emailNorm, known),
      })
      if (known) post.mail('sign-up-known', known.email, { tenant })
      if (holder) return
      const link = post.link(PURPOSE, tenant, secret)
      post.mail(PURPOSE, email, linkFacts(context, link, linkLifetimeMs))
    },

    async confirmSignUp(proof) {
      const chosen = checkProof(proof)
      const { token } = proof
      // looked at first, so that neither a dead link costs a hash, nor a password that is not accepted the link
      const found = await createChallenges(context).find({ purpose: PURPOSE, token })
      if (!found || found.data.known === 'yes') throw refused()
      const newcomer = await prepareNewcomer(context, parts, found.data.to, chosen)
      return scope.transaction(async (unit) => {
        await consumeLink(context, unit, PURPOSE, token)
        return newcomer.enter(unit, await newcomer.create(unit))
      })
    },

    async invite(invitation) {
      const { id } = await invitations.send({ email: addressOf(invitation).email })
      return { id, expiresInMs: invitationLifetimeMs }
    },

    acceptInvitation: (proof) => invitations.join(proof),
  }
}
