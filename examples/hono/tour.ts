// The tour: drives the demo over real HTTP, as two people in two tenants and as somebody who wants in, and looks at
// every promise on the way.

import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { type Demo, type Person, people } from './demo.ts'
import { createSteps, outcome, same } from './steps.ts'
import { Visitor } from './visitor.ts'

/** Short enough that nobody waits long for its end. */
export const TOUR_GRACE_MS = 1000

/** True when everything was as promised. */
export async function runTour(demo: Demo, port: number, print: (line: string) => void): Promise<boolean> {
  const steps = createSteps(print)
  const { step } = steps
  const visitor = (tenant: string) => new Visitor(port, tenant)
  const person = (name: string): Person => people.find((one) => one.name === name)!
  const signIn = async (at: Visitor, { email, password }: Person) => at.post('/auth/sign-in', { email, password })
  const notesOf = async (at: Visitor) => {
    const { items } = (await at.get('/notes')).json as { items: { body: string }[] }
    return items.map(({ body }) => body)
  }
  const [ana, ben, gus] = [person('Ana'), person('Ben'), person('Gus')]
  const [atAcme, atGlobex] = [visitor('acme'), visitor('globex')]
  const added = `Noted on the tour at ${new Date().toISOString()}.`

  print('\nSigning in')
  await step('Acme shows strangers a sign-in page that loads nothing from anywhere.', async () => {
    const { status, headers, text } = await atAcme.get('/')
    same([status, text.includes('Sign in to Acme')], [200, true])
    same(String(headers['content-security-policy']).startsWith("default-src 'none'; style-src 'nonce-"), true)
  })
  await step('Ana signs in at Acme: two __Host- cookies, and no token in the body.', async () => {
    const answer = await signIn(atAcme, ana)
    same([answer.status, [...atAcme.cookies.keys()]], [200, ['__Host-fh-access', '__Host-fh-refresh']])
    same(answer.text.includes(atAcme.accessToken) || answer.text.includes(atAcme.refreshToken), false)
  })
  await step('Gus signs in at Globex, on the same server and the same tables.', async () => {
    same((await signIn(atGlobex, gus)).status, 200)
  })
  await step('A wrong password and an unknown address get the very same answer.', async () => {
    const wrong = await signIn(visitor('acme'), { ...ben, password: 'a guess that is long enough' })
    const unknown = await signIn(visitor('acme'), { ...ben, email: 'nobody@acme.test' })
    same([outcome(wrong), wrong.text === unknown.text], ['401 BAD_CREDENTIALS', true])
  })
  await step("Ana's password opens nothing at Globex: she is nobody there.", async () => {
    same(outcome(await signIn(visitor('globex'), ana)), '401 BAD_CREDENTIALS')
  })

  print('\nThe wall between tenants')
  await step("Ana reads Acme's notes and no others; Gus reads Globex's and no others.", async () => {
    const [acme, globex] = [await notesOf(atAcme), await notesOf(atGlobex)]
    same([acme.includes(ana.note), acme.includes(ben.note), acme.includes(gus.note)], [true, true, false])
    same([globex.includes(gus.note), globex.includes(ana.note)], [true, false])
  })
  await step('Ana adds a note; it is there at Acme and not at Globex.', async () => {
    same((await atAcme.post('/notes', { body: added })).status, 201)
    same([(await notesOf(atAcme)).includes(added), (await notesOf(atGlobex)).includes(added)], [true, false])
  })
  await step("Globex's access token is refused at Acme, as a bearer token and as a cookie.", async () => {
    const bearer = await visitor('acme').get('/notes', { authorization: `Bearer ${atGlobex.accessToken}` })
    const smuggled = visitor('acme')
    for (const [name, value] of atGlobex.cookies) smuggled.cookies.set(name, value)
    const cookie = await smuggled.get('/notes')
    same([outcome(bearer), outcome(cookie)], ['401 TENANT_MISMATCH', '401 TENANT_MISMATCH'])
  })
  await step("Globex's refresh token is refused at Acme, and Gus's session takes no harm.", async () => {
    const answer = await visitor('acme').post('/auth/refresh', { refreshToken: atGlobex.refreshToken })
    same([outcome(answer), (await atGlobex.get('/auth/me')).status], ['401 TOKEN_INVALID', 200])
  })
  await step("Ana cannot end Gus's session by its id: the answer is that of an id nobody has.", async () => {
    const { session } = (await atGlobex.get('/auth/me')).json as { session: { id: string } }
    const his = await atAcme.send('DELETE', `/auth/sessions/${session.id}`)
    const none = await atAcme.send('DELETE', '/auth/sessions/01890000-0000-7000-8000-000000000000')
    same([outcome(his), his.text === none.text], ['404 SESSION_UNKNOWN', true])
    same((await atGlobex.get('/auth/me')).status, 200)
  })
  await step(
    'Raw SQL with no tenant entered sees 0 notes and 0 users, though it names no tenant to leave out.',
    async () => {
      const counted = await demo.storage.system.transaction(({ db }) =>
        sql<{ notes: string; users: string }>`
        select (select count(*) from notes)::text as notes, (select count(*) from freehold.users)::text as users
      `.execute(db),
      )
      same(counted.rows, [{ notes: '0', users: '0' }])
    },
  )
  await step("Raw SQL inside Acme, without a WHERE, sees Acme's notes only.", async () => {
    const acme = await demo.freehold.tenant('acme')
    const { rows } = await acme.transaction(({ db }) => sql<{ body: string }>`select body from notes`.execute(db))
    const bodies = rows.map(({ body }) => body)
    same([bodies.includes(ana.note), bodies.includes(gus.note)], [true, false])
  })

  print('\nSessions')
  await step('Two tabs refresh at the same moment: both get the same successor, and both go on.', async () => {
    const before = atAcme.refreshToken
    const tabs = await Promise.all([atAcme.post('/auth/refresh'), atAcme.post('/auth/refresh')])
    const successors = tabs.map(({ headers }) => headers['set-cookie']?.[1]?.split(';')[0])
    same([tabs.map(({ status }) => status), successors[0] === successors[1]], [[200, 200], true])
    same([atAcme.refreshToken !== before, (await atAcme.get('/auth/me')).status], [true, 200])
  })
  await step('A stolen refresh token that comes back after its grace ends the whole session.', async () => {
    const thief = visitor('globex')
    for (const [name, value] of atGlobex.cookies) thief.cookies.set(name, value)
    same((await atGlobex.post('/auth/refresh')).status, 200)
    await wait(TOUR_GRACE_MS + 200)
    same(outcome(await thief.post('/auth/refresh')), '401 REFRESH_REUSED')
    same(outcome(await atGlobex.get('/auth/me')), '401 SESSION_ENDED')
    same(outcome(await atGlobex.post('/auth/refresh')), '401 REFRESH_REFUSED')
  })
  await step('Ana signs out everywhere: her other browser is out at once, too.', async () => {
    const other = visitor('acme')
    same([(await signIn(other, ana)).status, (await other.get('/notes')).status], [200, 200])
    same((await atAcme.post('/auth/sessions/revoke-all')).status, 200)
    same([outcome(await other.get('/notes')), atAcme.cookies.size], ['401 SESSION_ENDED', 0])
    same((await signIn(atAcme, ana)).status, 200)
  })

  print('\nUnfriendly requests')
  await step("Another site's page cannot use Ana's cookies, nor sign her browser in.", async () => {
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }
    const note = await atAcme.post('/notes', { body: 'forged' }, foreign)
    const login = await visitor('acme').post('/auth/sign-in', { email: ben.email, password: ben.password }, foreign)
    same([outcome(note), outcome(login)], ['403 CSRF_REFUSED', '403 CSRF_REFUSED'])
    same((await notesOf(atAcme)).includes('forged'), false)
  })
  await step('Broken, oversized and prototype-poisoning bodies each get their code.', async () => {
    const send = async (body: string) => outcome(await visitor('acme').send('POST', '/auth/sign-in', { body }))
    same(await send('{"email":'), '400 BODY_INVALID')
    same(await send(`{"email":"${'x'.repeat(70_000)}"}`), '413 BODY_TOO_LARGE')
    same(await send('{"__proto__":{"admin":true}}'), '400 BODY_INVALID')
  })
  await step('A token in a query string is not read; a made-up one is refused.', async () => {
    same(outcome(await visitor('acme').get(`/auth/me?access_token=${atAcme.accessToken}`)), '401 UNAUTHENTICATED')
    same(outcome(await visitor('acme').get('/auth/me', { authorization: 'Bearer e30.e30.e30' })), '401 TOKEN_INVALID')
  })
  await step('A doubled or encoded slash leads to no route, and an unknown tenant is unknown.', async () => {
    same(outcome(await atAcme.get('/auth//me')), '404 ROUTE_UNKNOWN')
    same(outcome(await visitor('initech').get('/auth/me')), '404 TENANT_UNKNOWN')
  })

  print('\nA tenant is suspended')
  await demo.freehold.tenants.suspend('globex', { reason: 'the tour' })
  await step('Nobody signs in or reads at Globex meanwhile; Acme does not notice.', async () => {
    same(outcome(await signIn(visitor('globex'), gus)), '403 TENANT_SUSPENDED')
    same(outcome(await atGlobex.get('/notes')), '403 TENANT_SUSPENDED')
    same((await atAcme.get('/notes')).status, 200)
  })
  await demo.freehold.tenants.resume('globex')
  await step('Once it is resumed, Gus signs in again and finds his notes.', async () => {
    same((await signIn(atGlobex, gus)).status, 200)
    same((await notesOf(atGlobex)).includes(gus.note), true)
  })
  await step('The database itself passes inspection: nothing could get past the wall.', async () => {
    const findings = await demo.freehold.doctor()
    same(
      findings.filter(({ severity }) => severity === 'refuse'),
      [],
    )
  })

  const { passed, failed } = steps
  print(
    failed === 0 ? `\nAll ${passed} steps were as promised.\n` : `\n${failed} of ${passed + failed} steps were not.\n`,
  )
  return failed === 0
}
