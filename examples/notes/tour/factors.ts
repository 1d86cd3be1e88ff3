// Second factors: an authenticator app, recovery codes, text messages; asked for on every way in.

import { generate } from 'otplib'
import { tokenOf } from './accounts.ts'
import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'
import type { Answer, Visitor } from './visitor.ts'

interface Next {
  readonly token: string
  readonly factors: readonly { readonly id: string; readonly type: string; readonly hint: string | null }[]
}

const STEP_S = 30
const PHONE = '+34600000042'

export async function factors({ print, step, visitor, signIn, letterTo, cast }: Tour): Promise<void> {
  const { nia, atNias } = cast
  const stranger = () => visitor('globex')
  let secret = ''
  let app = ''
  /** What the app shows, or will show in a moment. */
  const shown = (later = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1000) + later * STEP_S })
  let used = ''

  print('\nSecond factors')
  await step('Nia adds an authenticator app; its first code makes it count, and brings recovery codes.', async () => {
    const begun = await atNias.post('/auth/factors/totp', { name: 'App' })
    const { factor, uri } = begun.json as { factor: { id: string }; uri: string }
    secret = String(begun.json.secret)
    app = factor.id
    same(uri.startsWith('otpauth://totp/Globex'), true)
    const confirm = (code: string) => atNias.post(`/auth/factors/${app}/confirm`, { code, recoveryCodes: true })
    same(outcome(await confirm('000000')), '422 FACTOR_CODE_WRONG')
    nia.recoveryCodes = (await confirm(await shown())).json.recoveryCodes as string[]
    same(nia.recoveryCodes.length, 10)
    const listed = await atNias.get('/auth/factors')
    same([listed.text.includes(secret), listed.json.recoveryCodesLeft], [false, 10])
  })
  await step('A right password is not enough from now on: there is no cookie before the code.', async () => {
    const browser = stranger()
    const asked = await signIn(browser, nia)
    same([asked.status, browser.cookies.size], [202, 0])
    same(outcome(await browser.get('/auth/me')), '401 UNAUTHENTICATED')
    used = await shown(1)
    const entered = await goOn(browser, asked, 'totp', { code: used })
    const { session } = entered.json as { session: { assuranceLevel: number } }
    same([entered.status, session.assuranceLevel], [200, 2])
  })
  await step('The same code a second time is refused.', async () => {
    const browser = stranger()
    const again = await goOn(browser, await signIn(browser, nia), 'totp', { code: used })
    same([outcome(again), browser.cookies.size], ['401 BAD_CREDENTIALS', 0])
  })
  await step('A recovery code stands in for the app, once.', async () => {
    const [code] = nia.recoveryCodes
    const enter = async (at: Visitor) => goOn(at, await signIn(at, nia), 'recovery_code', { code })
    same(outcome(await enter(stranger())), '200')
    same(outcome(await enter(stranger())), '401 BAD_CREDENTIALS')
  })
  await step('A link by e-mail does not lead around it.', async () => {
    await stranger().post('/auth/sign-in/link/request', { email: nia.email })
    const browser = stranger()
    const asked = await browser.post('/auth/sign-in/link', { token: tokenOf(await letterTo(nia.email, 'link')) })
    same([asked.status, browser.cookies.size], [202, 0])
  })
  await step(
    'A session from before the app cannot take it away; it proves itself first, and is a new one then.',
    async () => {
      const before = await sessionOf(atNias)
      const remove = () => atNias.send('DELETE', `/auth/factors/${app}`)
      same(outcome(await remove()), '401 STEP_UP_REQUIRED')
      const asked = await atNias.post('/auth/step-up')
      same((await goOn(atNias, asked, 'recovery_code', { code: nia.recoveryCodes[1] })).status, 200)
      const after = await sessionOf(atNias)
      same([after.id === before.id, before.assuranceLevel, after.assuranceLevel], [false, 1, 2])
    },
  )
  await step(
    'She adds her telephone; a code in a text message signs her in, and the number shows in part.',
    async () => {
      const { factor } = (await atNias.post('/auth/factors/sms', { name: 'Phone', phone: PHONE }))
        .json as unknown as Begun
      const { code } = await letterTo(PHONE, 'code')
      same((await atNias.post(`/auth/factors/${factor.id}/confirm`, { code })).status, 200)
      const browser = stranger()
      const asked = await signIn(browser, nia)
      const { token, factors } = (asked.json as { next: Next }).next
      same(factors.find(({ id }) => id === factor.id)?.hint, '•••42')
      same((await browser.post('/auth/sign-in/challenge', { token, factor: factor.id })).status, 200)
      same((await goOn(browser, asked, 'sms', { code: (await letterTo(PHONE, 'code')).code })).status, 200)
    },
  )
}

interface Begun {
  readonly factor: { readonly id: string }
}

/** Answers what was asked for with a factor of this kind. */
export function goOn(at: Visitor, asked: Answer, type: string, shown: object): Promise<Answer> {
  const { token, factors } = (asked.json as { next: Next }).next
  const factor = factors.find((one) => one.type === type)?.id
  return at.post('/auth/sign-in/continue', { token, factor, ...shown })
}

async function sessionOf(at: Visitor): Promise<{ readonly id: string; readonly assuranceLevel: number }> {
  return (await at.get('/auth/me')).json.session as { id: string; assuranceLevel: number }
}
