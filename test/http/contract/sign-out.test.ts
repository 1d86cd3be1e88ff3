import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionId } from '../../../src/core/kernel/ids.ts'
import type { TenantHandle } from '../../../src/core/tenancy/handle.ts'
import type { Browser } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const ACCESS = '__Host-fh-access'
const REFRESH = '__Host-fh-refresh'

describe.each(FRAMEWORKS)('signing out on %s', (framework) => {
  let world: World
  let tenants = 0
  beforeAll(async () => {
    world = await openWorld(framework)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function signedIn(tenant: TenantHandle) {
    const user = await world.user(tenant)
    const browser = world.browser(tenant.tenant.slug)
    const { json } = await browser.signIn(user.email, PASSWORD)
    const over = async (): Promise<boolean> => {
      const { items } = await tenant.sessions.list(user)
      return !items.some((session) => session.id === (json.session.id as SessionId))
    }
    return { user, browser, over, access: browser.cookies.get(ACCESS)!, refresh: browser.cookies.get(REFRESH)! }
  }

  describe("at another tenant's address", () => {
    it.each(['acme', 'globex'] as const)(
      "ends no session of the other's, by refresh token in the body (R12), at %s",
      async (at) => {
        const one = await signedIn(world.acme)
        expect((await world.browser(at).post('/auth/sign-out', { refreshToken: one.refresh })).status).toBe(204)
        expect(await one.over()).toBe(at === 'acme')
      },
    )

    it('ends none by refresh cookie (R12)', async () => {
      const one = await signedIn(world.acme)
      const elsewhere = world.browser('globex')
      elsewhere.cookies.set(REFRESH, one.refresh)
      await elsewhere.post('/auth/sign-out')
      expect(await one.over()).toBe(false)
    })

    it('ends none by access token or access cookie (R12)', async () => {
      const one = await signedIn(world.acme)
      const bearer = { headers: { authorization: `Bearer ${one.access}` } }
      expect((await world.browser('globex').post('/auth/sign-out', undefined, bearer)).json.code).toBe(
        'TENANT_MISMATCH',
      )
      const elsewhere = world.browser('globex')
      elsewhere.cookies.set(ACCESS, one.access)
      expect((await elsewhere.post('/auth/sign-out')).json.code).toBe('TENANT_MISMATCH')
      expect(await one.over()).toBe(false)
    })

    it('ends none by signing in there with its refresh cookie (R12)', async () => {
      const one = await signedIn(world.acme)
      const user = await world.user(world.globex)
      const elsewhere = world.browser('globex')
      elsewhere.cookies.set(REFRESH, one.refresh)
      expect((await elsewhere.signIn(user.email, PASSWORD)).status).toBe(200)
      expect(await one.over()).toBe(false)
    })
  })

  describe('of a suspended tenant', () => {
    const ways: Readonly<
      Record<string, (browser: Browser, tokens: { access: string; refresh: string }) => Promise<unknown>>
    > = {
      'both cookies': (browser) => browser.post('/auth/sign-out'),
      'the access cookie': (browser) => {
        browser.cookies.delete(REFRESH)
        return browser.post('/auth/sign-out')
      },
      'a bearer token': (browser, { access }) => {
        browser.cookies.clear()
        return browser.post('/auth/sign-out', undefined, { headers: { authorization: `Bearer ${access}` } })
      },
      'a refresh token in the body': (browser, { refresh }) => {
        browser.cookies.clear()
        return browser.post('/auth/sign-out', { refreshToken: refresh })
      },
    }

    it.each(Object.entries(ways))('works by %s', async (_name, signOut) => {
      const tenant = await world.freehold.tenants.create({ slug: `out-${framework}-${++tenants}`, name: 'Out' })
      const one = await signedIn(tenant)
      await world.freehold.tenants.suspend(tenant)
      expect(await signOut(one.browser, one)).toMatchObject({ status: 204 })
      await world.freehold.tenants.resume(tenant)
      expect(await one.over()).toBe(true)
    })

    it("ends no session of another tenant's", async () => {
      const tenant = await world.freehold.tenants.create({ slug: `out-${framework}-${++tenants}`, name: 'Out' })
      const one = await signedIn(world.acme)
      await world.freehold.tenants.suspend(tenant)
      await world.browser(tenant.tenant.slug).post('/auth/sign-out', { refreshToken: one.refresh })
      expect(await one.over()).toBe(false)
    })
  })

  it('by a bearer token twice is no error', async () => {
    const { browser, access } = await signedIn(world.acme)
    browser.cookies.clear()
    const bearer = { headers: { authorization: `Bearer ${access}` } }
    expect((await browser.post('/auth/sign-out', undefined, bearer)).status).toBe(204)
    expect((await browser.post('/auth/sign-out', undefined, bearer)).status).toBe(204)
  })
})
