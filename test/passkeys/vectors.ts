// The test vectors of WebAuthn Level 3 (https://www.w3.org/TR/webauthn-3/#sctn-test-vectors, W3C Document License). All
// but signatures and certificates follows from one sentence and the name of the vector, by HKDF-SHA-256 as the section
// says; the signatures are those that it prints, so that a byte that is derived wrongly does not verify.

import { createECDH, createPrivateKey, hkdfSync, type JsonWebKey } from 'node:crypto'
import type { PasskeyAssertion, PasskeyRegistration } from '../../src/core/authentication/passkeys/ceremony.ts'
import { type Cbor, encodeCbor } from './cbor.ts'
import { keyOf, sha256 } from './keys.ts'

export interface Vector {
  readonly name: string
  readonly registration: PasskeyRegistration
  readonly assertion: PasskeyAssertion
  /** As the section prints them, so that the derivation itself is held to something. */
  readonly challenges: readonly [string, string]
  readonly flags: number
}

export const RP_ID = 'example.org'
export const ORIGIN = 'https://example.org'
export const TOP_ORIGIN = 'https://example.com'

/** What is printed: the challenges, in hex, the signature of the assertion, and the attestation's. */
interface Printed {
  readonly challenges: readonly [string, string]
  readonly signature: string
  readonly attestation?: { readonly sig: string; readonly x5c?: string }
  readonly idLength?: number
  readonly crossOrigin?: true
  readonly topOrigin?: true
}

const printed: Readonly<Record<string, Printed>> = {
  'none.ES256': {
    challenges: [
      '00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130',
      '39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408',
    ],
    signature:
      '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
  },
  'packed-self.ES256': {
    challenges: [
      '7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5',
      '4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b',
    ],
    signature:
      '304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66',
    attestation: {
      sig: '30440220067a20754ab925005dbf378097c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f220272178f473b6006d',
    },
  },
  'none.ES256.crossOrigin': {
    challenges: [
      '3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49',
      '876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137',
    ],
    signature:
      '3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf',
    crossOrigin: true,
  },
  'none.ES256.topOrigin': {
    challenges: [
      '4e1f4c6198699e33c14f192153f49d7e0e8e3577d5ac416c5f3adc92a41f27e5',
      'd54a5c8ca4b62a8e3bb321e3b2bc73856f85a10150db2939ac195739eb1ea066',
    ],
    signature:
      '3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101c165db3c8e9957f0c54dd6ca9b56bc3bd2f280bd2faa6c1d02c6e5c171',
    crossOrigin: true,
    topOrigin: true,
  },
  'none.ES256.long-credential-id': {
    challenges: [
      '1113c7265ccf5e65124282fa1d7819a7a14cb8539aa4cdbec7487e5f35d8ec6c',
      'ef1deba56dce48f674a447ccf63b9599258ce87648e5c396f2ef0ca1da460e3b',
    ],
    signature:
      '304502203ecef83fb12a0cae7841055f9f87103a99fd14b424194bbf06c4623d3ee6e3fd022100d2ace346db262b1374a6b70faa51f518a42ddca13a4125ce6f5052a75bac9fb6',
    idLength: 1023,
  },
  'packed.ES256': {
    challenges: [
      'c1184a5fddf8045e13dc47f54b61f5a656b666b59018f16d870e9256e9952012',
      'b1106fa46a57bef1781511c0557dc898a03413d5f0f17d244630c194c7e1adb5',
    ],
    signature:
      '30450220694969d3ee928de6f02ef23a9c644d7d779916451734a94b432542f498a1ebe90221008b0819c824218a97152cd099c55bfb1477b29d900a49a64018314f9bfccda163',
    attestation: {
      sig: '304502203f19ec4b229f46ab8c45eff29b904ff10c0390dc40bf1216f04a78f4ceba3425022100fe7041a32759aff05a0f9f26c70a999c7a284451ba89234a1d3483c25e21925b',
      x5c: '30820221308201c8a00302010202110088c220f83c8ef1feafe94deae45faad0300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004a91ba4389409dd38a428141940ca8feb1ac0d7b4350558104a3777a49322f3798440f378b3398ab2d3bb7bf91322c92eb23556f59ad0a836fec4c7663b0e4dc3a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e04160414a589ba72d060842ab11f74fb246bdedab16f9b9b301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d040302034700304402201726b9d85ecd8a5ed51163722ca3a20886fd9b242a0aa0453d442116075defd502207ef471e530ac87961a88a7f0d0c17b091ffc6b9238d30f79f635b417be5910e7',
    },
  },
  'packed.RS256': {
    challenges: [
      'bea8f0770009bd57f2c0df6fea9f743a27e4b61bbe923c862c7aad7a9fc8e4a6',
      '295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5',
    ],
    signature:
      '01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd398160ff02a6',
    attestation: {
      sig: '30450221008b8c5c6ea8c142c032e0be69e1353d44461c5c9109941cdda951b976eb95b6b302204d52f406c19e254b3ff9589bd18070fb055ac8db12fdd0a6734bea9d7168e900',
      x5c: '30820222308201c7a00302010202101f6fb7a5ece81b45896b983a995da5f3300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004b7b36b7542a11120b443c794d0c99fdc25a06b76586413d81e086163ef6fe147a557afc34e2861d9057d6d465d4705a0310550bdeeb5f35ee35b9425ab859981a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e04160414fb37b647bccfb9e54d989eaaacc1633868703fb3301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d0403020349003046022100b86bc129d92afca7d9869a39f70f139a305b4073a39eb654d81424bed5757d91022100cf9f7c60cab7c4a7d3e7f0020f281a93d4fd0a9f95121b989f56932a68885fba',
    },
  },
  'packed.EdDSA': {
    challenges: [
      'a8abf9dabdc6b0df63466b39bda9e8a34a34e185337a59f1c579990676d3b3bd',
      '895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2',
    ],
    signature:
      'f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b',
    attestation: {
      sig: '3046022100d83f60bd80269537583218858aefb03ac57d45fa06e42feaae332d187f62da9f022100a02bd3cb6f7e1d283c93bad1f3f4b5a4c0494463da7fdbf256949116754d1f17',
      x5c: '30820223308201c8a003020102021100b2cfc9ea33c8643b0e1a760463eaf164300a06082a8648ce3d0403023062311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331253023060355040b0c1c41757468656e74696361746f72204174746573746174696f6e204341310b30090603550406130241413020170d3234303130313030303030305a180f33303234303130313030303030305a305f311e301c06035504030c15576562417574686e207465737420766563746f7273310c300a060355040a0c0357334331223020060355040b0c1941757468656e74696361746f72204174746573746174696f6e310b30090603550406130241413059301306072a8648ce3d020106082a8648ce3d03010703420004dd2b7a564b73b8c0b81c4c62e521925c4d1198ec9f583dbf1eebe364b65cd9c29a9bdf346aaa81fb6b9507e5249a52fdaf8e39e26b0b7dc45992a7e233b70f70a360305e300c0603551d130101ff04023000300e0603551d0f0101ff040403020780301d0603551d0e041604140ae27546bc7eccb1b4b597bd354f0c0b1f1f8f8e301f0603551d2304183016801445aff715b0dd786741fee996ebc16547a3931b1e300a06082a8648ce3d0403020349003046022100a0d434ecb5fc3bfd7da5f41904517ad2836249f561bd834ba7a438a8ab7a4ce8022100fac845bb7a02513b58e9f319654dbe49b0f02b95835bac568c71f8a18cdde9ab',
    },
  },
}

const UP = 0x01
const UV = 0x04
const BE = 0x08
const BS = 0x10
const AT = 0x40

export const vectors: readonly Vector[] = Object.entries(printed).map(([name, facts]) => vectorOf(name, facts))

/** In the order in which the section draws its random values. */
function vectorOf(name: string, facts: Printed): Vector {
  let drawn = 0
  const draw = (length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', 'WebAuthn test vectors', Buffer.of(drawn++), name, length))
  const clientData = (type: string, challenge: Buffer): Buffer => {
    const extended = (draw(1)[0]! & 1) === 1
    const extra = 'clientDataJSON may be extended with additional fields in the future, such as this: '
    return Buffer.from(
      JSON.stringify({
        type,
        challenge: challenge.toString('base64url'),
        origin: ORIGIN,
        crossOrigin: facts.crossOrigin === true,
        ...(facts.topOrigin ? { topOrigin: TOP_ORIGIN } : {}),
        ...(extended ? { extraData: extra + draw(16).toString('base64url') } : {}),
      }),
    )
  }

  const challenge = draw(32)
  const publicKey = name.includes('RS256') ? mersenneKey() : publicKeyOf(draw(32), name.includes('EdDSA'))
  const created = clientData('webauthn.create', challenge)
  const aaguid = draw(16)
  const credentialId = draw(facts.idLength ?? 32)
  const uvBeBs = draw(1)[0]! & (UV | BE | BS)
  const backup = (uvBeBs & BE) === 0 ? uvBeBs & UV : uvBeBs
  // the attestation's key and the serial number of its certificate
  if (facts.attestation?.x5c) [draw(32), draw(16)]
  const length = Buffer.of(credentialId.length >> 8, credentialId.length & 0xff)
  const data = Buffer.concat([dataOf(UP | AT | backup), aaguid, length, credentialId, publicKey])

  const second = draw(32)
  const asserted = clientData('webauthn.get', second)
  const uvBs = draw(1)[0]! & (UV | BS)
  const flags = UP | (backup & BE) | ((backup & BE) === 0 ? uvBs & UV : uvBs)
  const identity = { id: text(credentialId), rawId: text(credentialId), type: 'public-key' }
  return {
    name,
    challenges: [challenge.toString('hex'), second.toString('hex')],
    flags: UP | AT | backup,
    registration: {
      ...identity,
      response: { clientDataJSON: text(created), attestationObject: text(attestationOf(facts, data)) },
    },
    assertion: {
      ...identity,
      response: {
        clientDataJSON: text(asserted),
        authenticatorData: text(dataOf(flags)),
        signature: text(Buffer.from(facts.signature, 'hex')),
      },
    },
  }
}

function dataOf(flags: number): Buffer {
  return Buffer.concat([sha256(RP_ID), Buffer.of(flags, 0, 0, 0, 0)])
}

function attestationOf({ attestation }: Printed, data: Uint8Array): Uint8Array {
  const statement = new Map<string, Cbor>()
  if (attestation) {
    statement.set('alg', -7).set('sig', Buffer.from(attestation.sig, 'hex'))
    if (attestation.x5c) statement.set('x5c', [Buffer.from(attestation.x5c, 'hex')])
  }
  return encodeCbor(
    new Map<string, Cbor>([
      ['fmt', attestation ? 'packed' : 'none'],
      ['attStmt', statement],
      ['authData', data],
    ]),
  )
}

function publicKeyOf(secret: Buffer, edwards: boolean): Uint8Array {
  if (edwards) {
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret])
    return keyOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).publicKey
  }
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(secret)
  const point = ecdh.getPublicKey()
  const jwk: JsonWebKey = {
    kty: 'EC',
    crv: 'P-256',
    d: text(secret),
    x: text(point.subarray(1, 33)),
    y: text(point.subarray(33)),
  }
  return keyOf(createPrivateKey({ key: jwk, format: 'jwk' })).publicKey
}

/** Its modulus is a product of two Mersenne primes. */
function mersenneKey(): Uint8Array {
  const n = ((1n << 1279n) - 1n) * ((1n << 2203n) - 1n)
  const hex = n.toString(16)
  const key: [number, Cbor][] = [
    [1, 3],
    [3, -257],
    [-1, Buffer.from(hex.padStart(872, '0'), 'hex')],
    [-2, Buffer.of(1, 0, 1)],
  ]
  return encodeCbor(new Map(key))
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

export const challengesAsPrinted = Object.fromEntries(
  Object.entries(printed).map(([name, { challenges }]) => [name, challenges]),
)
