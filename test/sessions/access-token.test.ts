// Access tokens against forgers: everything that is not a token of ours, for this purpose, in time, in its one form.

import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createLocalJWKSet, jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { SessionId, TenantId, UserId } from '../../src/core/kernel/ids.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { createAccessTokens } from '../../src/core/sessions/access-token.ts'

let now = Date.UTC(2026, 10, 22)
const runtime = systemRuntime({ now: () => now })
const k1 = randomBytes(32)
const k2 = randomBytes(32)
const keyring = createKeyring({ current: 'k1', k1 })
const tokens = createAccessTokens(keyring, runtime, 'https://acme.test')
const { newId } = runtime

const grant = {
  tenantId: newId() as TenantId,
  userId: newId() as UserId,
  sessionId: newId() as SessionId,
  generation: 70_000,
  epoch: 3,
  assuranceLevel: 2,
  authenticatedAt: new Date(now - 5_000),
  lifetimeMs: 600_000,
}

/** The secret key as the room derives it: what a test may know and a forger may not. */
const seed = keyring.derive(1, 'access-signing', 32)!
const secretKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
})
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const parts = (token: string): [string, string, string] => token.split('.') as [string, string, string]
const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(parts(token)[1], 'base64url').toString()) as Record<string, unknown>

/** A token signed with our own key, with whatever header and claims. */
function signed(header: unknown, claims: unknown): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${sign(null, Buffer.from(input), secretKey).toString('base64url')}`
}
const ours = { alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' }
const refused = (token: unknown, code = 'TOKEN_INVALID') => expect(tokens.verify(token)).rejects.toMatchObject({ code })

describe('a token of ours', () => {
  it('says what it was given', async () => {
    expect(await tokens.verify(await tokens.sign(grant))).toEqual({
      tenantId: grant.tenantId,
      userId: grant.userId,
      sessionId: grant.sessionId,
      generation: 70_000,
      epoch: 3,
      assuranceLevel: 2,
      authenticatedAt: grant.authenticatedAt,
      expiresAt: new Date(now + 600_000),
    })
  })

  it('is what any JOSE library verifies with our JWKS', async () => {
    const keys = createLocalJWKSet({ keys: [...tokens.jwks().keys] })
    const { payload, protectedHeader } = await jwtVerify(await tokens.sign(grant), keys, {
      currentDate: new Date(now),
      issuer: 'https://acme.test',
      typ: 'at+jwt',
    })
    expect(protectedHeader).toEqual(ours)
    expect(payload).toMatchObject({ sub: grant.userId, tid: grant.tenantId, sid: grant.sessionId, gen: 70_000, aal: 2 })
    expect(tokens.jwks().keys.every((key) => !('d' in key))).toBe(true)
  })

  it('expires, with five seconds for clocks that differ', async () => {
    const token = await tokens.sign({ ...grant, lifetimeMs: 60_000 })
    now += 64_000
    await expect(tokens.verify(token)).resolves.toBeDefined()
    now += 1_000
    await refused(token, 'TOKEN_EXPIRED')
  })

  it('survives the change of keys, before and after (J06)', async () => {
    const next = createAccessTokens(createKeyring({ current: 'k1', k1, k2 }), runtime, 'https://acme.test')
    const later = createAccessTokens(createKeyring({ current: 'k2', k1, k2 }), runtime, 'https://acme.test')
    const after = createAccessTokens(createKeyring({ current: 'k2', k2 }), runtime, 'https://acme.test')
    await expect(later.verify(await next.sign(grant))).resolves.toBeDefined()
    await expect(next.verify(await later.sign(grant))).resolves.toBeDefined()
    expect(next.jwks()).toEqual(later.jwks())
    await expect(after.verify(await next.sign(grant))).rejects.toMatchObject({ code: 'TOKEN_INVALID' })
  })
})

describe('a forged token', () => {
  it('has no algorithm (J01)', async () => {
    const claims = claimsOf(await tokens.sign(grant))
    await refused(new UnsecuredJWT(claims).encode())
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      await refused(`${part({ ...ours, alg })}.${part(claims)}.`)
      await refused(signed({ ...ours, alg }, claims))
    }
  })

  it('is signed with our public key as a shared secret (J01)', async () => {
    const [, claims] = parts(await tokens.sign(grant))
    const open = createPublicKey(secretKey)
    const secrets = [open.export({ format: 'der', type: 'spki' }), open.export({ format: 'pem', type: 'spki' })]
    for (const secret of [...secrets, Buffer.from(tokens.jwks().keys[0]!.x, 'base64url')]) {
      for (const header of [{ ...ours, alg: 'HS256' }, ours]) {
        const input = `${part(header)}.${claims}`
        await refused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`)
      }
    }
  })

  it('brings its own key, or one we do not have (J01)', async () => {
    const pair = generateKeyPairSync('ed25519')
    const jwk = pair.publicKey.export({ format: 'jwk' })
    const claims = claimsOf(await tokens.sign(grant))
    for (const header of [ours, { ...ours, jwk }, { ...ours, kid: 'k2' }, { ...ours, jku: 'https://evil.test' }]) {
      await refused(await new SignJWT(claims).setProtectedHeader(header).sign(pair.privateKey))
    }
    await refused(signed({ ...ours, jwk }, claims))
    await refused(signed({ ...ours, crit: ['exp'] }, claims))
  })

  it('was made for another purpose or by another issuer (J02)', async () => {
    const claims = claimsOf(await tokens.sign(grant))
    await expect(tokens.verify(signed(ours, claims))).resolves.toBeDefined()
    for (const typ of ['JWT', 'id+jwt', 'invite+jwt', undefined]) await refused(signed({ ...ours, typ }, claims))
    for (const aud of ['freehold:invite', '', undefined, 7]) await refused(signed(ours, { ...claims, aud }))
    for (const iss of ['https://globex.test', '', undefined]) await refused(signed(ours, { ...claims, iss }))
  })

  it('lacks a claim, or has one of another type (J03)', async () => {
    const claims = claimsOf(await tokens.sign(grant))
    for (const name of ['exp', 'iat', 'sub', 'tid', 'sid', 'gen', 'epoch', 'aal', 'auth_time', 'jti']) {
      await refused(signed(ours, { ...claims, [name]: undefined }))
      if (name !== 'jti') await refused(signed(ours, { ...claims, [name]: 'x' }))
      if (name !== 'jti') await refused(signed(ours, { ...claims, [name]: null }))
    }
    await refused(signed(ours, [claims]))
  })

  it('is too long to look at (J04)', async () => {
    const claims = claimsOf(await tokens.sign(grant))
    await refused(signed(ours, { ...claims, extra: 'x'.repeat(65_536) }))
    await refused('A'.repeat(64 * 1024))
  })

  it('is the same token in another dress (S05)', async () => {
    const token = await tokens.sign(grant)
    const [header, claims, signature] = parts(token)
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twin = signature.slice(0, -1) + last[last.indexOf(signature.at(-1)!) + 1]
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'))
    for (const other of [
      `${token}=`,
      `${token}==`,
      `${token} `,
      ` ${token}`,
      `${token}\n`,
      `${header}.${claims}.${signature.slice(0, 40)}\n${signature.slice(40)}`,
      `${header}=.${claims}.${signature}`,
      `${header}.${claims}=.${signature}`,
      `${header}.${claims}.${twin}`,
      `${token}.`,
    ])
      await refused(other)
  })

  it('is no token at all (J05)', async () => {
    for (const it of [undefined, null, 7, {}, '', '.', '..', '...', 'a.b.c', `${part(ours)}..`, '\0', '\ud800.x.y', []])
      await refused(it)
  })

  it('has a changed payload or signature', async () => {
    const token = await tokens.sign(grant)
    const [header, , signature] = parts(token)
    await refused(`${header}.${part({ ...claimsOf(token), tid: newId() })}.${signature}`)
    await refused(`${parts(token).slice(0, 2).join('.')}.${'A'.repeat(86)}`)
  })
})
