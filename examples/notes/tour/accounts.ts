// Signing up, and what comes by letter: links that a scanner of mail opens without using them up, and codes.

import type { Letter } from '../inbox.ts'
import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'

export async function accounts({ print, step, visitor, idOf, letterTo, cast }: Tour): Promise<void> {
  const { gus, nia, atNias } = cast
  const { email, name, password } = nia
  const stranger = () => visitor('globex')

  print('\nSigning up, and letters')
  let welcome = ''
  await step('A known address and a new one get the very same answer, and each its own letter.', async () => {
    const known = await stranger().post('/auth/sign-up', { email: gus.email })
    const told = await letterTo(gus.email, 'You have an account at Globex')
    const unknown = await atNias.post('/auth/sign-up', { email })
    same([known.status, known.text === unknown.text], [202, true])
    same(told.link, null)
    welcome = tokenOf(await letterTo(email, 'link'))
  })
  await step('Whatever scans the letter opens its link, and uses nothing up; the button does, once.', async () => {
    for (let scans = 0; scans < 2; scans++) {
      const { status, text } = await stranger().get('/sign-up/confirm')
      same([status, text.includes('Create the account')], [200, true])
    }
    const proof = { token: welcome, name, password }
    const joined = await atNias.post('/auth/sign-up/confirm', proof)
    same([joined.status, atNias.cookies.size], [201, 3])
    same(outcome(await stranger().post('/auth/sign-up/confirm', proof)), '403 CHALLENGE_REFUSED')
  })
  await step('Nia has no role yet, and joins as a member.', async () => {
    same(outcome(await atNias.get('/api/notes')), '403 FORBIDDEN')
    same((await atNias.post('/api/join')).status, 204)
    same((await atNias.get('/api/notes')).status, 200)
  })
  await step('A code by e-mail signs her in: for the request it was sent for, and once.', async () => {
    const request = () => stranger().post('/auth/sign-in/code/request', { email })
    const other = (await request()).json
    await letterTo(email, 'code')
    const { id } = (await request()).json
    const { code } = await letterTo(email, 'code')
    const browser = stranger()
    const enter = (answer: object) => browser.post('/auth/sign-in/code', answer)
    same(outcome(await enter({ id: other.id, code })), '403 CHALLENGE_REFUSED')
    same([(await enter({ id, code })).status, await idOf(browser)], [200, await idOf(atNias)])
    same(outcome(await enter({ id, code })), '403 CHALLENGE_REFUSED')
  })
  await step('A link by e-mail signs her in at Globex, once, and nobody at Acme.', async () => {
    same((await stranger().post('/auth/sign-in/link/request', { email })).status, 202)
    const token = tokenOf(await letterTo(email, 'link'))
    same((await stranger().get('/sign-in/link')).status, 200)
    same(outcome(await visitor('acme').post('/auth/sign-in/link', { token })), '403 CHALLENGE_REFUSED')
    const browser = stranger()
    same((await browser.post('/auth/sign-in/link', { token })).status, 200)
    same(outcome(await stranger().post('/auth/sign-in/link', { token })), '403 CHALLENGE_REFUSED')
  })
  await step('Nobody learns from an answer who has an account: not by a link, a code, or a new password.', async () => {
    for (const path of ['sign-in/link/request', 'password-reset/request']) {
      const [known, unknown] = await Promise.all(
        [gus.email, 'nobody@globex.test'].map((one) => stranger().post(`/auth/${path}`, { email: one })),
      )
      same([known?.status, known?.text === unknown?.text], [202, true])
      await letterTo(gus.email, 'link')
    }
  })
  await step('The inbox of the demo opens on this machine alone, not under a name that was pointed here.', async () => {
    const page = await stranger().get('/inbox')
    same([page.status, page.text.includes(email)], [200, true])
    for (const path of ['/inbox', '/inbox.json']) {
      const elsewhere = await stranger().get(path, { host: 'demo.example.com' })
      same([elsewhere.status, elsewhere.text.includes(email)], [404, false])
    }
  })
}

/** What the page of a link takes from behind its #. */
export function tokenOf({ link }: Letter): string {
  return new URL(link ?? '').hash.replace('#token=', '')
}
