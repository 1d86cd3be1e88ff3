// Sessions, unfriendly requests, and a tenant that is suspended.

import { setTimeout as wait } from 'node:timers/promises'
import { TOUR_GRACE_MS, type Tour } from './cast.ts'
import { outcome, same } from './steps.ts'

export async function sessions({ demo, print, step, visitor, signIn, notesOf, cast }: Tour): Promise<void> {
  const { ana, ben, gus, atAcme, atGlobex } = cast

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
    same([(await signIn(other, ana)).status, (await other.get('/api/notes')).status], [200, 200])
    same((await atAcme.post('/auth/sessions/revoke-all')).status, 200)
    same(
      [outcome(await other.get('/api/notes')), [...atAcme.cookies.keys()]],
      ['401 SESSION_ENDED', ['__Host-fh-device']],
    )
    same((await signIn(atAcme, ana)).status, 200)
  })

  print('\nUnfriendly requests')
  await step("Another site's page cannot use Ana's cookies, nor sign her browser in.", async () => {
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }
    const note = await atAcme.post('/api/notes', { body: 'forged' }, foreign)
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
    same(outcome(await atGlobex.get('/api/notes')), '403 TENANT_SUSPENDED')
    same((await atAcme.get('/api/notes')).status, 200)
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
}
