import { describe, expect, it } from 'vitest'
import { PLATFORM_TENANT_ID } from '../../../src/index.ts'
import { FRAMEWORKS, openWorld, PASSWORD } from './world.ts'

const OPEN = { http: { signUp: 'open' } } as const

describe.each(FRAMEWORKS)('open sign-up on %s', (framework) => {
  it('makes nobody an operator: the platform tenant stays closed', async () => {
    await using world = await openWorld(framework, OPEN)
    const answer = await world.browser('platform').post('/auth/sign-up', {
      email: 'mallory@example.test',
      password: PASSWORD,
    })
    expect(answer.json.code).toBe('SIGN_UP_CLOSED')
    expect(answer.setCookies).toEqual([])
    const platform = await world.freehold.tenant(PLATFORM_TENANT_ID)
    expect((await platform.users.list()).items).toEqual([])
    // those whom the host makes sign in as everywhere
    const operator = await world.user(platform)
    expect((await world.browser('platform').signIn(operator.email, PASSWORD)).status).toBe(200)
  })

  it('signs the owner of an address in, however often others guessed at it', async () => {
    await using world = await openWorld(framework, OPEN)
    const email = 'eve@example.test'
    const stranger = world.browser('acme')
    for (let i = 0; i < 7; i++) await stranger.signIn(email, 'wrong wrong wrong wrong')
    const browser = world.browser('acme')
    const answer = await browser.post('/auth/sign-up', { email, password: PASSWORD })
    expect([answer.status, answer.json.user?.email]).toEqual([201, email])
    expect((await browser.get('/auth/me')).json.session).toMatchObject({
      current: true,
      assuranceLevel: 1,
      authenticationMethods: ['pwd'],
      ip: '127.0.0.1',
      userAgent: 'contract test',
    })
  })

  it('ends the session that the browser had (S01)', async () => {
    await using world = await openWorld(framework, OPEN)
    const user = await world.user(world.acme)
    const browser = world.browser('acme')
    const { json } = await browser.signIn(user.email, PASSWORD)
    expect((await browser.post('/auth/sign-up', { email: 'eve@example.test', password: PASSWORD })).status).toBe(201)
    expect((await world.acme.sessions.get(json.session.id)).revokedAt).not.toBeNull()
  })
})
