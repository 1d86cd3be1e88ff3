// Passkeys in a real browser: Chromium with a virtual authenticator (Chrome DevTools Protocol) on a page of a real
// server. It registers, signs in without a name, is asked for as a second factor, and is refused when it was cloned.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { freeholdNode } from '../../src/adapters/node/index.ts'
import { createFreehold, type Freehold, type TenantHandle, type User } from '../../src/index.ts'
import { startChromium, withoutChromium } from '../setup/chromium.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const PASSWORD = 'a kettle orbits quietly'
const reason = withoutChromium()

/** What the page does: JSON over fetch, and the browser's own WebAuthn. */
const SCRIPT = `
  window.send = async (method, path, body) => {
    const headers = { 'content-type': 'application/json', 'x-tenant': 'acme' }
    const answer = await fetch('/auth/' + path, { method, headers, body: body && JSON.stringify(body) })
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() }
  }
  window.create = async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    return (await navigator.credentials.create({ publicKey })).toJSON()
  }
  window.get = async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
    return (await navigator.credentials.get({ publicKey })).toJSON()
  }`

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared with what is expected
type Answer = { readonly status: number; readonly body: any }

describe.skipIf(reason)(`a browser${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let freehold: Freehold<unknown>
  let acme: TenantHandle<unknown>
  let ana: User
  let server: Server
  let browser: Browser
  let page: Page
  let cdp: CDPSession
  let authenticatorId: string

  beforeAll(async () => {
    freehold = await createFreehold<unknown>({
      storage: memory(),
      keys: testKeys,
      passwordHasher: quickHasher,
      tenants: { resolve: ['header', 'credential'], baseDomains: ['localhost'] },
    })
    await freehold.migrations.apply()
    acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
    ana = await acme.users.create({ email: 'ana@example.test', password: PASSWORD, name: 'Ana' })
    const listener = freeholdNode(
      freehold,
      (_, res) => {
        res.setHeader('content-type', 'text/html')
        res.end(`<!doctype html><title>Acme</title><script>${SCRIPT}</script>`)
      },
      { withoutTenant: 'pass' },
    )
    server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    browser = await startChromium()
    page = await browser.newPage()
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
    cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable', { enableUI: false })
    const added = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        defaultBackupEligibility: true,
        defaultBackupState: true,
      },
    })
    authenticatorId = added.authenticatorId
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    server?.close()
    await freehold?.close()
  })

  const send = (method: string, path: string, body?: object): Promise<Answer> =>
    page.evaluate(([m, p, b]) => (globalThis as never as Window).send(m, p, b), [method, path, body] as const)
  /** The name of the error when the browser refuses. */
  const create = (options: object) =>
    page.evaluate((o) => (globalThis as never as Window).create(o).catch((e: Error) => e.name), options)
  const get = (options: object) =>
    page.evaluate((o) => (globalThis as never as Window).get(o).catch((e: Error) => e.name), options)
  interface Window {
    send(method: string, path: string, body: object | undefined): Promise<Answer>
    create(options: object): Promise<object>
    get(options: object): Promise<object>
  }

  async function signIn(): Promise<Answer> {
    const options = await send('POST', 'sign-in/passkey/options', {})
    expect(options).toMatchObject({ status: 200, body: { rpId: 'localhost', allowCredentials: [] } })
    return send('POST', 'sign-in/passkey/verify', { response: await get(options.body) })
  }
  /** Shows the passkey where it is asked for as another factor. */
  async function finish(asked: Answer): Promise<Answer> {
    expect(asked).toMatchObject({ status: 202, body: { next: { factors: [{ type: 'webauthn' }] } } })
    const { token } = asked.body.next
    const begun = await send('POST', 'sign-in/challenge', { token })
    const assertion = await get(begun.body.details.options)
    return send('POST', 'sign-in/continue', { token, assertion })
  }
  const withPassword = () => send('POST', 'sign-in', { email: ana.email, password: PASSWORD })

  it('registers a passkey', async () => {
    expect(await withPassword()).toMatchObject({ status: 200, body: { session: { assuranceLevel: 1 } } })
    const options = await send('POST', 'passkeys/options', {})
    expect(options).toMatchObject({ status: 200, body: { rp: { id: 'localhost', name: 'Acme' } } })
    const registered = await send('POST', 'passkeys', { response: await create(options.body), name: 'This browser' })
    expect(registered).toMatchObject({
      status: 201,
      body: {
        passkey: {
          name: 'This browser',
          deviceType: 'multi-device',
          backedUp: true,
          rpId: 'localhost',
          transports: ['internal'],
          lastUsedAt: null,
        },
      },
    })
    expect(JSON.stringify(registered.body)).not.toMatch(/publicKey|count|credentialId/i)
  })

  it('steps up: what the password allowed before wants the passkey now', async () => {
    const { body } = await send('GET', 'passkeys')
    const path = `passkeys/${body.passkeys[0].id}`
    const refused = { status: 401, body: { code: 'STEP_UP_REQUIRED', level: 2 } }
    expect(await send('POST', 'passkeys/options', {})).toMatchObject(refused)
    expect(await send('DELETE', path)).toMatchObject(refused)
    const former = (await send('GET', 'me')).body.session.id
    const asked = await send('POST', 'step-up', {})
    const stepped = await finish(asked)
    expect(stepped).toMatchObject({ status: 200, body: { session: { assuranceLevel: 2 } } })
    expect(stepped.body.session.id).not.toBe(former)
    expect(await send('POST', path, { name: 'This browser' })).toMatchObject({ status: 200 })
    // and what is registered is not registered again
    const options = await send('POST', 'passkeys/options', {})
    expect(options.body.excludeCredentials).toHaveLength(1)
    expect(await create(options.body)).toBe('InvalidStateError')
  })

  it('signs in with nothing but the passkey, as two factors', async () => {
    expect((await send('POST', 'sign-out', {})).status).toBe(204)
    expect((await send('GET', 'me')).status).toBe(401)
    expect(await signIn()).toMatchObject({
      status: 200,
      body: { user: { id: ana.id }, session: { assuranceLevel: 2, authenticationMethods: ['swk', 'user', 'mfa'] } },
    })
    expect(await send('GET', 'me')).toMatchObject({ status: 200, body: { user: { id: ana.id } } })
    const { body } = await send('GET', 'passkeys')
    expect(body.passkeys).toMatchObject([{ name: 'This browser', lastUsedAt: expect.any(String) }])
  })

  it('lifts a password to two factors', async () => {
    expect(await finish(await withPassword())).toMatchObject({ status: 200, body: { session: { assuranceLevel: 2 } } })
  })

  it('is not used by somebody whom it does not know', async () => {
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    const { body } = await send('POST', 'sign-in/passkey/options', {})
    expect(await get(body)).toBe('NotAllowedError')
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  })

  it('W01: a clone with an older counter is refused, and its owner sees that there may be one', async () => {
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    const [credential] = credentials
    expect(credential!.signCount).toBeGreaterThan(1)
    const { credentialId } = credential!
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId })
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential!, signCount: 0 } })
    expect(await signIn()).toMatchObject({ status: 401, body: { code: 'BAD_CREDENTIALS' } })

    const [listed] = await acme.passkeys.list(ana)
    expect(listed!.cloneSuspectedAt).toEqual(expect.any(Date))
    const { items } = await acme.audit.list({ limit: 1 })
    expect(items).toMatchObject([{ action: 'passkey.clone_suspected', outcome: 'denied' }])
  })

  it('is renamed and removed', async () => {
    await send('POST', 'sign-out', {})
    // the original goes on
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    const { credentialId } = credentials[0]!
    await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId })
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credentials[0]!, signCount: 100 } })
    expect(await signIn()).toMatchObject({ status: 200 })
    const [{ id }] = (await send('GET', 'passkeys')).body.passkeys
    expect(await send('POST', `passkeys/${id}`, { name: 'Laptop' })).toMatchObject({
      status: 200,
      body: { passkey: { id, name: 'Laptop', cloneSuspectedAt: expect.any(String) } },
    })
    expect((await send('DELETE', `passkeys/${id}`)).status).toBe(204)
    expect((await send('DELETE', `passkeys/${id}`)).status).toBe(404)
    expect(await signIn()).toMatchObject({ status: 401 })
    expect(await withPassword()).toMatchObject({ status: 200 })
  })
})
