// Signing in with a passkey: whoever holds the key, and nobody's name is asked for. With user verification it is two
// factors at once; without, the engine asks for another where one is needed.

import { inRequestOf } from '../../audit/actor.ts'
import type { TenantContext } from '../../context.ts'
import { readEmail } from '../../identity/email.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import { checkKeys, invalid } from '../../kernel/input.ts'
import type { ClientInfo } from '../../sessions/session.ts'
import type { WebauthnCredentialRow } from '../../storage/authentication-tables.ts'
import type { SignInLoad } from '../../storage/sign-in-verbs.ts'
import type { Step } from '../../storage/steps.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import type { Directory } from '../../tenancy/directory.ts'
import type { SignInEngine } from '../engine-contract.ts'
import { askEntry } from '../entry-question.ts'
import { checkClient } from '../sign-in.ts'
import type { SignedIn } from '../signed-in.ts'
import {
  type PasskeyAssertion,
  type PasskeyDescriptor,
  type PasskeyRequestOptions,
  type ReadAssertion,
  readAssertion,
  refused,
} from './ceremony.ts'
import { openCeremony, spendingCeremony } from './challenge.ts'
import { readClientData } from './client-data.ts'
import { credentialsOf, methodsOf, movesOn, reportClone, useOfCredential, userHandleOf } from './credentials.ts'
import { decoysOf } from './decoy.ts'
import { createRelyingParties } from './relying-party.ts'
import type { Proof } from './verify.ts'

export interface PasskeySignInPage {
  /** As PasskeyPage.origin. */
  readonly origin?: string
  /**
   * Whose passkeys to ask for, where keys are used that cannot be listed by themselves. The answer has the same form for an address
   * that nobody has. Default: whichever passkey the person chooses.
   */
  readonly email?: string
}

export interface PasskeySignInAnswer {
  /** `credential.toJSON()`. */
  readonly response: PasskeyAssertion
  readonly client?: ClientInfo
}

export interface PasskeySignIn {
  /** What `navigator.credentials.get` wants. Its challenge is good for one answer. @throws INPUT_INVALID (`origin` is no page of this tenant) */
  options(page?: PasskeySignInPage): Promise<PasskeyRequestOptions>
  /**
   * Every answer that does not check is `bad-credentials`, whatever is wrong with it. A counter that went backwards is
   * reported as a possible copy of the key.
   * @throws INPUT_INVALID, TENANT_SUSPENDED, TENANT_DELETED, TENANT_MOVING, STORAGE_UNAVAILABLE
   */
  verify(answer: PasskeySignInAnswer): Promise<SignedIn>
}

const REFUSED: SignedIn = { ok: false, reason: 'bad-credentials' }
const PURPOSE = 'passkey-sign-in'

/** A proof, and whose key it is of. */
interface Shown {
  readonly credential: WebauthnCredentialRow
  readonly user: UserRow
  readonly proof: Proof
  readonly load: SignInLoad
  /** Takes the challenge; undefined: it is none. */
  readonly spent: Step | undefined
}

export function createPasskeySignIn(
  context: TenantContext,
  engine: Pick<SignInEngine, 'conclude'>,
  directory: Pick<Directory, 'find'>,
): PasskeySignIn {
  const { scope, settings, actor, auditWriter, tenant } = context
  const { challengeLifetimeMs, topOrigins, userVerification } = settings.passkeys
  const places = createRelyingParties(context, directory)

  async function namedFor(email: unknown, rpId: string): Promise<readonly PasskeyDescriptor[]> {
    if (typeof email !== 'string') throw invalid('email', 'it is not a text')
    const address = readEmail(email)?.emailNorm
    const where = { email_norm: address ?? '', status: 'active' } as const
    const [[user], decoys] = await Promise.all([scope.records.find('users', { where, limit: 1 }), decoysOf(context)])
    // asked for nobody as well, so that the answer comes after the same work
    const named = await credentialsOf(context, user?.id ?? tenant.id, rpId)
    return named.length > 0 ? named : [decoys.of(address ?? email.slice(0, 1024), rpId)]
  }

  /** Whatever is wrong ends here; undefined when the key is nobody's. @throws PASSKEY_REFUSED */
  async function show(assertion: ReadAssertion, from: ClientInfo | undefined): Promise<Shown | Suspect | undefined> {
    const client = readClientData(assertion.clientData, 'webauthn.get', topOrigins)
    const place = await places.at(client.origin)
    const who = { kind: 'passkey', credentialId: assertion.credentialId } as const
    const load = await askEntry(context, { who, client: from })
    const { user, credential } = load
    if (!credential || !user) return undefined
    // made before the owner of the address came: beside another factor it is good, and by itself it opens nothing (A10)
    if (!credential.signs_in) return { credential, user }
    try {
      if (credential.rp_id !== place.rpId) throw refused('relying-party')
      checkHandle(assertion, user)
      const key = { publicKey: credential.public_key, backupEligible: credential.backup_eligible }
      // loaded by who needs it: an import of Freehold must not cost what most processes never use
      const { verifyAssertion } = await import('./verify.ts')
      const proof = await verifyAssertion(assertion, client, place, key, userVerification === 'required')
      const namesUser = assertion.userHandle !== undefined
      const spent = spendingCeremony(context, { purpose: PURPOSE, client, rpId: place.rpId, namesUser })
      return { credential, user, proof, load, spent }
    } catch (error) {
      if (!FreeholdError.is(error, 'PASSKEY_REFUSED')) throw error
      return { credential, user }
    }
  }

  async function refuse({ credential, user }: Suspect, client: ClientInfo | undefined): Promise<SignedIn> {
    await auditWriter.append(scope, inRequestOf(actor, { type: 'user' }, client), {
      action: 'sign_in.failed',
      outcome: 'failure',
      details: { authenticationMethods: methodsOf(credential, false) },
      targets: [{ type: 'user', id: user.id }],
    })
    return REFUSED
  }

  return {
    async options(page = {}) {
      checkKeys(page, 'page', ['origin', 'email'])
      const { rpId } = await places.choose(page.origin)
      return {
        rpId,
        challenge: await openCeremony(context, { purpose: PURPOSE, rpId, named: page.email !== undefined }),
        timeout: challengeLifetimeMs,
        allowCredentials: page.email === undefined ? [] : await namedFor(page.email, rpId),
        userVerification,
      }
    },

    async verify(answer) {
      checkKeys(answer, 'answer', ['response', 'client'])
      const { client } = answer
      checkClient(client)
      let shown: Shown | Suspect | undefined
      try {
        shown = await show(readAssertion(answer.response), client)
      } catch (error) {
        // nobody's key was looked at: it is nothing that happened to a user
        if (FreeholdError.is(error, 'PASSKEY_REFUSED')) return REFUSED
        throw error
      }
      if (!shown) return REFUSED
      if (!('proof' in shown) || !shown.spent) return refuse(shown, client)

      const { credential, user, proof, load, spent } = shown
      const acting = { ...context, actor: inRequestOf(actor, { type: 'user', id: user.id }, client) }
      const report = () => reportClone(acting, credential, proof.signCount, spent)
      if (!movesOn(credential.sign_count, proof.signCount)) {
        await report()
        return REFUSED
      }
      const { counted, steps } = useOfCredential(credential, proof)
      return engine.conclude(context, {
        user,
        load,
        methods: methodsOf(credential, proof.userVerified),
        assuranceLevel: proof.userVerified ? 2 : 1,
        usedFactors: [credential.id],
        ...(client ? { client } : {}),
        spends: [spent, ...steps],
        // the same counter was shown twice at once: there are two of the key
        overtaken: async (lost) => {
          if (lost === counted) await report()
        },
      })
    },
  }
}

/** Somebody's key, and an answer that does not check. */
interface Suspect {
  readonly credential: WebauthnCredentialRow
  readonly user: UserRow
}

/** @throws PASSKEY_REFUSED when the authenticator names another user than the key's (W07) */
function checkHandle({ userHandle }: ReadAssertion, { id }: UserRow): void {
  if (userHandle && !Buffer.from(userHandle).equals(userHandleOf(id))) throw refused('user-handle')
}
