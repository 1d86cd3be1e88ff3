// An authenticator and the browser around it, in software: real CBOR, COSE and signatures, and every knob that an
// attacker would turn.

import { randomBytes, randomUUID } from 'node:crypto'
import type {
  PasskeyAssertion,
  PasskeyCreationOptions,
  PasskeyRegistration,
  PasskeyRequestOptions,
} from '../../src/core/authentication/passkeys/ceremony.ts'
import { type Cbor, encodeCbor } from './cbor.ts'
import { type Algorithm, type Key, makeKey, sha256 } from './keys.ts'

export interface AuthenticatorTraits {
  readonly algorithm: Algorithm
  /** May be copied, and has been. */
  readonly backupEligible: boolean
  readonly backupState: boolean
  readonly userVerified: boolean
  readonly aaguid: string
  /** 0: it has no counter. */
  readonly counter: number
}

/** What the browser and its page are made to say. */
export interface Page {
  readonly origin: string
  readonly crossOrigin?: unknown
  readonly topOrigin?: unknown
  readonly type?: string
  readonly challenge?: string
  readonly rpId?: string
  /** Flags that are set or taken away in the authenticator's data. */
  readonly set?: number
  readonly unset?: number
  readonly userHandle?: Uint8Array | null
  /** Of a registration. */
  readonly attestation?: { readonly fmt: string; readonly statement: ReadonlyMap<string, Cbor> }
}

export const FLAGS = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40 } as const

const traits: AuthenticatorTraits = {
  algorithm: 'ES256',
  backupEligible: true,
  backupState: true,
  userVerified: true,
  aaguid: randomUUID(),
  counter: 0,
}

export class Authenticator {
  readonly traits: AuthenticatorTraits
  readonly credentialId: Uint8Array = randomBytes(32)
  readonly key: Key
  counter: number
  userHandle: Uint8Array = new Uint8Array(0)

  constructor(given: Partial<AuthenticatorTraits> = {}) {
    this.traits = { ...traits, ...given }
    this.counter = this.traits.counter
    this.key = makeKey(this.traits.algorithm)
  }

  create(options: PasskeyCreationOptions, page: Page): PasskeyRegistration {
    this.userHandle = Buffer.from(options.user.id, 'base64url')
    const attested = Buffer.concat([
      Buffer.from(this.traits.aaguid.replaceAll('-', ''), 'hex'),
      Buffer.of(this.credentialId.length >> 8, this.credentialId.length & 0xff),
      this.credentialId,
      this.key.publicKey,
    ])
    const data = Buffer.concat([this.data(page.rpId ?? options.rp.id, page, FLAGS.attested), attested])
    const { fmt, statement } = page.attestation ?? { fmt: 'none', statement: new Map() }
    const object = new Map<string, Cbor>([
      ['fmt', fmt],
      ['attStmt', statement],
      ['authData', data],
    ])
    return {
      ...this.identity(),
      response: {
        clientDataJSON: text(clientData('webauthn.create', options.challenge, page)),
        attestationObject: text(encodeCbor(object)),
        transports: ['internal', 'hybrid'],
      },
    }
  }

  get(options: PasskeyRequestOptions, page: Page): PasskeyAssertion {
    if (this.counter > 0) this.counter++
    const data = this.data(page.rpId ?? options.rpId, page)
    const client = clientData('webauthn.get', options.challenge, page)
    const handle = page.userHandle === undefined ? this.userHandle : page.userHandle
    return {
      ...this.identity(),
      response: {
        clientDataJSON: text(client),
        authenticatorData: text(data),
        signature: text(this.key.sign(Buffer.concat([data, sha256(client)]))),
        userHandle: handle === null ? null : text(handle),
      },
    }
  }

  private identity() {
    const id = text(this.credentialId)
    return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform' }
  }

  private data(rpId: string, { set = 0, unset = 0 }: Page, more = 0): Buffer {
    const { userVerified, backupEligible, backupState } = this.traits
    const flags =
      FLAGS.present |
      (userVerified ? FLAGS.verified : 0) |
      (backupEligible ? FLAGS.eligible : 0) |
      (backupState ? FLAGS.backedUp : 0) |
      more
    const data = Buffer.alloc(37)
    data.set(sha256(rpId))
    data[32] = (flags | set) & ~unset
    data.writeUInt32BE(this.counter, 33)
    return data
  }
}

function clientData(type: string, challenge: string, page: Page): Uint8Array {
  const { origin, crossOrigin = false, topOrigin } = page
  const said = { type: page.type ?? type, challenge: page.challenge ?? challenge, origin, crossOrigin, topOrigin }
  return Buffer.from(JSON.stringify(said))
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
