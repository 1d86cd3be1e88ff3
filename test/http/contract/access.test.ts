import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { User } from '../../../src/core/identity/user.ts'
import type { Browser } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

describe.each(FRAMEWORKS)('permissions on %s', (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  /** A user with these roles in the whole tenant, signed in. */
  async function holding(...roles: string[]): Promise<{ user: User; browser: Browser }> {
    const user = await world.user(world.acme)
    for (const role of roles) await world.acme.assignments.grant({ principal: user, role })
    const browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
    return { user, browser }
  }
  const outcome = async (answer: ReturnType<Browser['get']>) => {
    const { status, json } = await answer
    return json.code ? `${status} ${json.code}` : status
  }

  it('refuse strangers with 401 and who may not with 403, and let through who may', async () => {
    expect(await outcome(world.browser('acme').get('/notes'))).toBe('401 UNAUTHENTICATED')
    const { browser: nobody } = await holding()
    const refusal = await nobody.get('/notes')
    expect([refusal.status, refusal.json]).toEqual([
      403,
      {
        type: 'https://freehold.dev/errors#forbidden',
        title: 'This is not permitted',
        status: 403,
        code: 'FORBIDDEN',
        permission: 'note:read',
      },
    ])
    expect(refusal.headers['content-type']).toBe('application/problem+json')
    const { browser: viewer } = await holding('viewer')
    expect([await outcome(viewer.get('/notes')), await outcome(viewer.get('/draft'))]).toEqual([200, '403 FORBIDDEN'])
    const { browser: member } = await holding('member')
    expect([await outcome(member.get('/notes')), await outcome(member.get('/draft'))]).toEqual([200, 200])
  })

  it('work for bearer tokens as for cookies, and name why a dead cookie is refused', async () => {
    const { user, browser } = await holding('viewer')
    const [access = ''] = [...browser.cookies.values()]
    const bare = world.browser('acme')
    expect(await outcome(bare.get('/notes', { headers: { authorization: `Bearer ${access}` } }))).toBe(200)
    await world.acme.sessions.revokeAll(user)
    expect(await outcome(browser.get('/notes'))).toBe('401 SESSION_ENDED')
  })

  it('take conditions with what the request acts on, looked up or plain; without it a condition allows nothing', async () => {
    const own = { 'resource.owner_id': { $ref: 'principal.id' } }
    await world.acme.roles.create({
      key: `author-${framework}`,
      permissions: [{ resource: 'note', actions: ['write'], conditions: own }],
    })
    const { user, browser } = await holding(`author-${framework}`)
    expect(await outcome(browser.send('PUT', `/notes/${user.id}`))).toBe(200)
    expect(await outcome(browser.send('PUT', '/notes/somebody-else'))).toBe('403 FORBIDDEN')
    // the resource has a status and no owner
    expect(await outcome(browser.get('/draft'))).toBe('403 FORBIDDEN')
  })

  it('see the address of the client as a fact of the request', async () => {
    const conditions = (ip: string) => ({ 'context.ip': ip })
    for (const [key, ip] of [
      ['here', '127.0.0.1'],
      ['elsewhere', '203.0.113.9'],
    ]) {
      const permissions = [{ resource: 'note', actions: ['read'], conditions: conditions(ip!) }]
      await world.acme.roles.create({ key: `${key}-${framework}`, permissions })
    }
    expect(await outcome((await holding(`here-${framework}`)).browser.get('/notes'))).toBe(200)
    expect(await outcome((await holding(`elsewhere-${framework}`)).browser.get('/notes'))).toBe('403 FORBIDDEN')
  })

  it("leave what a look-up throws to the host's error handling, and look nothing up for strangers", async () => {
    const { browser } = await holding('member')
    expect(await outcome(browser.send('PUT', '/notes/nobody'))).toBe('422 INPUT_INVALID')
    expect(await outcome(world.browser('acme').send('PUT', '/notes/nobody'))).toBe('401 UNAUTHENTICATED')
  })

  it('count a role held in an organization for what belongs to it, and nowhere else', async () => {
    const [north, south] = [
      await world.acme.organizations.create({ key: `north-${framework}`, name: 'North' }),
      await world.acme.organizations.create({ key: `south-${framework}`, name: 'South' }),
    ]
    const { user, browser } = await holding()
    await world.acme.assignments.grant({ principal: user, role: 'viewer', scope: { organization: north } })
    expect(await outcome(browser.get(`/in/${north.id}/notes`))).toBe(200)
    expect(await outcome(browser.get(`/in/${south.id}/notes`))).toBe('403 FORBIDDEN')
    expect(await outcome(browser.get('/notes'))).toBe('403 FORBIDDEN')
    const unknown = '01890000-0000-7000-8000-000000000000'
    expect(await outcome(browser.get(`/in/${unknown}/notes`))).toBe('404 ORGANIZATION_UNKNOWN')
  })

  it('take the facts and the place of what is acted on from one look at the request', async () => {
    const there = await world.acme.organizations.create({ key: `there-${framework}`, name: 'There' })
    const permissions = [{ resource: 'note', actions: ['write'], conditions: { 'resource.status': 'draft' } }]
    await world.acme.roles.create({ key: `drafter-${framework}`, permissions })
    const { user, browser } = await holding()
    await world.acme.assignments.grant({
      principal: user,
      role: `drafter-${framework}`,
      scope: { organization: there },
    })
    expect(await outcome(browser.get(`/of/${there.id}/draft`))).toBe(200)
    // the facts alone, without the place
    expect(await outcome(browser.get('/draft'))).toBe('403 FORBIDDEN')
    const unknown = '01890000-0000-7000-8000-000000000000'
    expect(await outcome(browser.get(`/of/${unknown}/draft`))).toBe('404 ORGANIZATION_UNKNOWN')
    expect(await outcome(world.browser('acme').get(`/of/${there.id}/draft`))).toBe('401 UNAUTHENTICATED')
  })

  it('change with the next request after a role was given or taken', async () => {
    const { user, browser } = await holding()
    expect(await outcome(browser.get('/notes'))).toBe('403 FORBIDDEN')
    const granted = await world.acme.assignments.grant({ principal: user, role: 'viewer' })
    expect(await outcome(browser.get('/notes'))).toBe(200)
    await world.acme.assignments.revoke(granted)
    expect(await outcome(browser.get('/notes'))).toBe('403 FORBIDDEN')
  })

  it('tell the host, not the client, of a permission that nobody declared', async () => {
    const { browser } = await holding('owner')
    const before = world.told.length
    const answer = await browser.get('/unknown')
    expect([answer.status, answer.json.code]).toEqual([500, 'PERMISSION_UNKNOWN'])
    expect(answer.text).not.toContain('shred')
    expect(world.told.slice(before)).toMatchObject([{ code: 'PERMISSION_UNKNOWN' }])
  })

  it('hold nothing of another tenant', async () => {
    const { browser } = await holding('owner')
    const smuggled = world.browser('globex')
    for (const [name, value] of browser.cookies) smuggled.cookies.set(name, value)
    expect(await outcome(smuggled.get('/notes'))).toBe('401 TENANT_MISMATCH')
  })
})
