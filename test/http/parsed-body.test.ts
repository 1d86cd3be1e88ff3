import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freeholdExpress } from '../../src/adapters/express/index.ts'
import { memory } from '../../src/adapters/memory/index.ts'
import { type FakeProvider, fakeProvider } from '../../src/adapters/testing/index.ts'
import type { Freehold } from '../../src/core/api.ts'
import { createFreehold } from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'
import { Browser } from './contract/browser.ts'

describe('behind a body parser of the host', () => {
  let freehold: Freehold
  let provider: FakeProvider
  const told: unknown[] = []
  beforeAll(async () => {
    provider = fakeProvider()
    freehold = await createFreehold<unknown, string>({
      storage: memory(),
      keys: testKeys,
      passwordHasher: quickHasher,
      tenants: { baseDomains: ['example.test'] },
      billing: { fake: provider },
      onError: (error) => told.push(error),
    })
    await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  })
  afterAll(() => freehold.close())

  async function through(parser: RequestHandler, work: (browser: Browser) => Promise<void>): Promise<void> {
    const server: Server = createServer(express().use(parser).use(freeholdExpress(freehold)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      await work(new Browser((server.address() as AddressInfo).port, 'acme.example.test'))
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  function webhook(browser: Browser) {
    provider.subscribe(provider.addCustomer(), [{ priceId: 'p1' }])
    const { rawBody, headers } = provider.write(provider.outbox.splice(0)[0]!)
    const signature = headers.get('stripe-signature') ?? ''
    const sent = { 'stripe-signature': signature, 'content-type': 'application/json' }
    return browser.send('POST', '/auth/webhooks/fake', { body: Buffer.from(rawBody), headers: sent })
  }

  it('JSON routes go on with what it made of the body', () =>
    through(express.json(), async (browser) => {
      const { json } = await browser.signIn('nobody@example.test', 'a kettle orbits quietly')
      expect(json.code).toBe('BAD_CREDENTIALS')
    }))

  it('webhooks are refused as a mistake of the host, who is told: the bytes are gone', () =>
    through(express.json(), async (browser) => {
      const answer = await webhook(browser)
      expect([answer.status, answer.json.code]).toEqual([500, 'CONFIG_INVALID'])
      expect(told).toMatchObject([{ code: 'CONFIG_INVALID', details: { option: 'webhooks' } }])
    }))

  it('webhooks are taken from the bytes that it kept', async () => {
    await through(express.raw({ type: () => true }), async (browser) => {
      expect((await webhook(browser)).status).toBe(200)
    })
    const keeping = express.json({ verify: (req, _res, bytes) => Object.assign(req, { rawBody: bytes }) })
    await through(keeping, async (browser) => {
      expect((await webhook(browser)).status).toBe(200)
    })
  })
})
