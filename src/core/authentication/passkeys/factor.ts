// A passkey or security key as a second factor: it is asked for by name, beside whatever was shown first. Possession is
// enough here; the other factor is somebody's knowledge.

import type { TenantContext } from '../../context.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { Directory } from '../../tenancy/directory.ts'
import type { FactorAnswer, FactorProof, FactorRequest, FactorVerifier } from '../factor.ts'
import { type PasskeyRequestOptions, readAssertion } from './ceremony.ts'
import { openCeremony, spendingCeremony } from './challenge.ts'
import { readClientData } from './client-data.ts'
import { descriptorOf, methodsOf, movesOn, reportClone, useOfCredential, userHandleOf } from './credentials.ts'
import { createRelyingParties } from './relying-party.ts'

const PURPOSE = 'passkey-factor'

export function createPasskeyFactor(directory: Pick<Directory, 'find'>): FactorVerifier {
  return {
    type: 'webauthn',
    methods: ['hwk'],
    assuranceLevel: 2,

    async begin(context, { user, credential, request, beside }) {
      if (!credential) return {}
      const rpId = credential.rp_id
      const options: PasskeyRequestOptions = {
        rpId,
        challenge: await openCeremony(context, { purpose: PURPOSE, rpId, user, recipient: request }),
        timeout: context.settings.passkeys.challengeLifetimeMs,
        allowCredentials: [descriptorOf(credential)],
        userVerification: afterKey(beside) ? 'required' : 'preferred',
      }
      return { options }
    },

    async verify(context, asked, answer) {
      try {
        return await proofOf(context, directory, asked, answer)
      } catch (error) {
        if (FreeholdError.is(error, 'PASSKEY_REFUSED')) return undefined
        throw error
      }
    },
  }
}

/** @throws PASSKEY_REFUSED */
async function proofOf(
  context: TenantContext,
  directory: Pick<Directory, 'find'>,
  { user, credential, request, beside }: FactorRequest,
  { assertion }: FactorAnswer,
): Promise<FactorProof | undefined> {
  const read = readAssertion(assertion)
  const client = readClientData(read.clientData, 'webauthn.get', context.settings.passkeys.topOrigins)
  const place = await createRelyingParties(context, directory).at(client.origin)
  // the very key that was asked for: what was shown first must not count a second time
  if (!credential || credential.user_id !== user.id || credential.rp_id !== place.rpId) return undefined
  if (!Buffer.from(read.credentialId).equals(credential.credential_id)) return undefined
  if (read.userHandle && !Buffer.from(read.userHandle).equals(userHandleOf(user.id))) return undefined
  const key = { publicKey: credential.public_key, backupEligible: credential.backup_eligible }
  // loaded by who needs it: an import of Freehold must not cost what most processes never use
  const { verifyAssertion } = await import('./verify.ts')
  const proof = await verifyAssertion(read, client, place, key, afterKey(beside))
  const challenge = { purpose: PURPOSE, client, rpId: place.rpId, user, recipient: request } as const
  const spent = spendingCeremony(context, challenge)
  if (!spent) return undefined
  const report = () => reportClone(context, credential, proof.signCount, spent)
  if (!movesOn(credential.sign_count, proof.signCount)) {
    await report()
    return undefined
  }
  const { counted, steps } = useOfCredential(credential, proof)
  return {
    methods: methodsOf(credential, proof.userVerified),
    assuranceLevel: 2,
    spends: [spent, ...steps],
    // the same counter was shown twice at once: there are two of the key
    overtaken: async (lost) => {
      if (lost === counted) await report()
    },
  }
}

/** After a key, the touch of a key proves nothing more: whoever stole the one may have the other. A PIN or a finger does. */
function afterKey(methods: readonly string[]): boolean {
  return methods.some((method) => method === 'hwk' || method === 'swk')
}
