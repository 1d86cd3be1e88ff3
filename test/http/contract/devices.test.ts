// Devices over HTTP, on every framework: a cookie that comes back, a list, and trust that is chosen at the second factor.

import { generate } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const codeOf = (secret: string, steps = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 })

describe.each(FRAMEWORKS)('on %s', (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function entered() {
    const { email } = await world.user(world.acme)
    const browser = world.browser('acme')
    const answer = await browser.post('/auth/sign-in', { email, password: PASSWORD })
    return { email, browser, answer }
  }

  it('a browser gets a cookie that no script sees, and is the same device at the next sign-in', async () => {
    const { email, browser, answer } = await entered()
    const cookie = answer.setCookies.find((line) => line.includes('fh-device='))
    expect(cookie).toMatch(/Max-Age=34560000; Path=\/; HttpOnly/)
    expect(JSON.stringify(answer.json)).not.toContain('deviceToken')
    await browser.post('/auth/sign-in', { email, password: PASSWORD })
    const { items, next } = (await browser.get('/auth/devices')).json
    expect([items.length, next]).toEqual([1, null])
    expect(items[0]).toMatchObject({ name: null, trustedUntil: null })
    expect(JSON.stringify(items)).not.toMatch(/secret|fingerprint|token/i)
    expect((await browser.get('/auth/me')).json.session.deviceId).toBe(items[0].id)
    const { id } = items[0]
    const renamed = await browser.post(`/auth/devices/${id}/rename`, { name: 'Kitchen' })
    expect(renamed.json.device).toMatchObject({ id, name: 'Kitchen' })
    expect((await browser.send('DELETE', `/auth/devices/${id}`)).status).toBe(204)
    expect((await browser.get('/auth/me')).status).toBe(401)
  })

  it('two users of one browser stay known to it, by the one cookie', async () => {
    const [ana, ben] = [await world.user(world.acme), await world.user(world.acme)]
    const browser = world.browser('acme')
    for (let turn = 0; turn < 3; turn++) {
      for (const { email } of [ana, ben]) {
        const { setCookies } = await browser.post('/auth/sign-in', { email, password: PASSWORD })
        expect(setCookies.filter((line) => line.includes('-device='))).toHaveLength(1)
      }
    }
    for (const user of [ana, ben]) expect((await world.acme.devices.list(user)).items).toHaveLength(1)
    const [mine] = (await world.acme.devices.list(ben)).items
    expect((await browser.get('/auth/me')).json.session.deviceId).toBe(mine!.id)
    expect((await browser.get('/auth/devices')).json.items).toHaveLength(1)
  })

  it('a client that takes tokens in bodies shows its own, and never learns that of a cookie', async () => {
    const { email, browser, answer } = await entered()
    const cookie = /fh-device=([^;]+)/.exec(answer.setCookies.join('\n'))![1]!
    const credentials = { email, password: PASSWORD, transport: 'body' }
    const first = await browser.post('/auth/sign-in', credentials)
    const { deviceToken } = first.json
    expect(deviceToken).toMatch(/^[\w-]{43}$/)
    expect(deviceToken).not.toBe(cookie)
    const second = await browser.post('/auth/sign-in', { ...credentials, deviceToken })
    expect(second.json.session.deviceId).toBe(first.json.session.deviceId)
    const odd = await browser.post('/auth/sign-in', { ...credentials, deviceToken: 1 })
    expect([odd.status, odd.json.field]).toEqual([422, 'deviceToken'])
  })

  it('M05: trust is chosen at the second factor, and taken back', async () => {
    const { email, browser } = await entered()
    const { factor, secret } = (await browser.post('/auth/factors/totp', { name: 'App' })).json
    await browser.post(`/auth/factors/${factor.id}/confirm`, { code: await codeOf(secret, -1) })
    const { next } = (await browser.post('/auth/sign-in', { email, password: PASSWORD })).json
    const answer = { token: next.token, code: await codeOf(secret), trustDevice: true }
    const trusted = await browser.post('/auth/sign-in/continue', answer)
    expect(trusted.status).toBe(200)
    const again = await browser.post('/auth/sign-in', { email, password: PASSWORD })
    expect([again.status, again.json.session?.assuranceLevel]).toEqual([200, 1])
    const path = `/auth/devices/${again.json.session.deviceId}/trust`
    // M09: this session has not shown the second factor
    expect((await browser.post(path, {})).json.code).toBe('STEP_UP_REQUIRED')
    expect((await browser.send('DELETE', path)).json.device).toMatchObject({ trustedUntil: null })
    expect((await browser.post('/auth/sign-in', { email, password: PASSWORD })).status).toBe(202)
  })

  it('A09, W04: no route reaches the device of somebody else', async () => {
    const { answer } = await entered()
    const { browser: eve } = await entered()
    const path = `/auth/devices/${answer.json.session.deviceId}`
    const answers = [
      await eve.send('DELETE', path),
      await eve.send('DELETE', `${path}/trust`),
      await eve.post(`${path}/trust`, {}),
      await eve.post(`${path}/rename`, { name: 'x' }),
    ]
    for (const { status, json } of answers) expect([status, json.code]).toEqual([404, 'DEVICE_UNKNOWN'])
  })
})
