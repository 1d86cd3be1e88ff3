import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const GATE = '/auth/sign-up'

/** A request target as no client library would send it. */
async function send(port: number, target: string): Promise<string> {
  const body = JSON.stringify({ email: 'mallory@example.test', password: PASSWORD, transport: 'body' })
  const socket = connect(port, '127.0.0.1')
  socket.end(
    `POST ${target} HTTP/1.1\r\nHost: acme.example.test\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

describe.each(FRAMEWORKS)("a gate of the app's own in front of our routes, on %s", (framework) => {
  let world: World
  beforeAll(async () => {
    world = await openWorld(framework, { http: { signUp: 'open' } }, GATE)
  })
  afterAll(() => world[Symbol.asyncDispose]())

  it.each([
    GATE,
    '/x/../auth/sign-up',
    '/x/%2e%2e/auth/sign-up',
    '/x/.%2E/auth/sign-up',
    '/./auth/sign-up',
    '/auth/./sign-up',
    '/auth/%2e/sign-up',
    '/auth\\sign-up',
    '\\auth\\sign-up',
    '/x\\..\\auth/sign-up',
    '//auth/sign-up',
    '/auth//sign-up',
    '/auth/sign-up/',
    '/auth/sign-\tup',
    '/auth/sign-up#',
    '/auth/sign%2dup',
    '/AUTH/sign-up',
    'http://acme.example.test/auth/sign-up',
    'http://acme.example.test/x/../auth/sign-up',
  ])('cannot be walked around by %j (U05)', async (target) => {
    const answer = await send(world.port, target)
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect((await world.acme.users.list()).items).toEqual([])
  })

  it('leaves other paths of the app as they are, whatever stands in the query', async () => {
    const browser = world.browser('acme')
    expect((await browser.get('/public?next=/x/../y\\z')).status).toBe(200)
    expect((await browser.get('/public')).status).toBe(200)
  })
})
