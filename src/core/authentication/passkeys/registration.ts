// A passkey that is being made: what the browser is asked for, and what it answered, checked but for its challenge and
// for whose it is.

import type { TenantContext } from '../../context.ts'
import { encodeBase64url } from '../../kernel/encoding.ts'
import { checkText } from '../../kernel/input.ts'
import { fromNow, type NewRow } from '../../storage/tables.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import { ALGORITHMS, type PasskeyCreationOptions, type PasskeyRegistration, readRegistration } from './ceremony.ts'
import { type CeremonyAnswer, openCeremony } from './challenge.ts'
import { readClientData } from './client-data.ts'
import { credentialsOf, methodsOf, userHandleOf } from './credentials.ts'
import type { RelyingParties } from './relying-party.ts'

const PURPOSE = 'passkey-registration'
const NAME = { maximum: 100 }
const DEFAULT_NAME = 'Passkey'

/** @param request the sign-in that it belongs to, where there is no session yet */
export async function creationOptions(
  context: TenantContext,
  user: UserRow,
  rpId: string,
  request?: string,
): Promise<PasskeyCreationOptions> {
  const recipient = request === undefined ? {} : { recipient: request }
  return {
    rp: { id: rpId, name: context.tenant.name },
    user: {
      id: encodeBase64url(userHandleOf(user.id)),
      name: user.email,
      displayName: user.name ?? user.email,
    },
    challenge: await openCeremony(context, { purpose: PURPOSE, rpId, user, ...recipient }),
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
    timeout: context.settings.passkeys.challengeLifetimeMs,
    excludeCredentials: await credentialsOf(context, user.id, rpId),
    authenticatorSelection: {
      residentKey: 'preferred',
      requireResidentKey: false,
      userVerification: 'preferred',
    },
    attestation: 'none',
    extensions: { credProps: true },
  }
}

export interface ReadKey {
  /** What has to be consumed, with whose it is. */
  readonly ceremony: Pick<CeremonyAnswer, 'purpose' | 'client' | 'rpId'>
  /** RFC 8176. */
  readonly methods: readonly string[]
  /** For the log. */
  readonly details: Readonly<Record<string, unknown>>
  rows(id: string, userId: string): { readonly method: NewRow<'mfa_methods'>; readonly credential: Credential }
}

type Credential = NewRow<'webauthn_credentials'>

/** @throws PASSKEY_REFUSED, INPUT_INVALID */
export async function readNewKey(
  { settings }: Pick<TenantContext, 'settings'>,
  places: RelyingParties,
  passkey: { readonly response: PasskeyRegistration; readonly name?: string },
): Promise<ReadKey> {
  const name = checkText(passkey.name ?? DEFAULT_NAME, 'name', NAME)
  const registration = readRegistration(passkey.response)
  const client = readClientData(registration.clientData, 'webauthn.create', settings.passkeys.topOrigins)
  const place = await places.at(client.origin)
  // loaded by who needs it: an import of Freehold must not cost what most processes never use
  const { verifyRegistration } = await import('./verify.ts')
  const made = await verifyRegistration(registration, client, place, false)
  const { backupEligible, userVerified } = made
  return {
    ceremony: { purpose: PURPOSE, client, rpId: place.rpId },
    methods: methodsOf({ backup_eligible: backupEligible }, userVerified),
    details: { backupEligible, userVerified, rpId: place.rpId },
    rows: (id, userId) => ({
      method: { id, user_id: userId, type: 'webauthn', name, confirmed_at: fromNow() },
      credential: {
        id,
        user_id: userId,
        credential_id: made.credentialId,
        public_key: made.publicKey,
        sign_count: made.signCount,
        rp_id: place.rpId,
        aaguid: made.aaguid,
        transports: [...registration.transports],
        backup_eligible: backupEligible,
        backup_state: made.backupState,
      },
    }),
  }
}
