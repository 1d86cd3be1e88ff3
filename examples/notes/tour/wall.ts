// Signing in, and the wall between tenants.

import { sql } from 'kysely'
import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'

export async function wall({ demo, print, step, visitor, signIn, notesOf, cast }: Tour): Promise<void> {
  const { ana, ben, gus, atAcme, atGlobex } = cast
  const added = `Noted on the tour at ${new Date().toISOString()}.`

  print('\nSigning in')
  await step('Acme shows strangers a sign-in page that loads nothing from anywhere.', async () => {
    const { status, headers, text } = await atAcme.get('/')
    same([status, text.includes('Sign in to Acme')], [200, true])
    same(
      String(headers['content-security-policy']).startsWith("default-src 'none'; style-src 'self'; script-src 'self'"),
      true,
    )
  })
  await step(
    'Ana signs in at Acme: __Host- cookies for the session and the device, and no token in the body.',
    async () => {
      const answer = await signIn(atAcme, ana)
      same(
        [answer.status, [...atAcme.cookies.keys()]],
        [200, ['__Host-fh-access', '__Host-fh-refresh', '__Host-fh-device']],
      )
      same(answer.text.includes(atAcme.accessToken) || answer.text.includes(atAcme.refreshToken), false)
    },
  )
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
    same((await atAcme.post('/api/notes', { body: added })).status, 201)
    same([(await notesOf(atAcme)).includes(added), (await notesOf(atGlobex)).includes(added)], [true, false])
  })
  await step("Globex's access token is refused at Acme, as a bearer token and as a cookie.", async () => {
    const bearer = await visitor('acme').get('/api/notes', { authorization: `Bearer ${atGlobex.accessToken}` })
    const smuggled = visitor('acme')
    for (const [name, value] of atGlobex.cookies) smuggled.cookies.set(name, value)
    const cookie = await smuggled.get('/api/notes')
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
}
