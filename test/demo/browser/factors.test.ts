// The demo in a real browser: somebody signs up, adds an authenticator app and a passkey, signs in with each, is asked
// again before a change, and is refused with a copied passkey.

import { generate as drawQr } from 'lean-qr'
import { toSvgPath } from 'lean-qr/extras/svg'
import { generate } from 'otplib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutChromium } from '../../setup/chromium.ts'
import {
  type Authenticator,
  complains,
  type DemoHouse,
  dialogOf,
  openDemoHouse,
  plugIn,
  press,
  tells,
  type,
} from './house.ts'

const reason = withoutChromium()
const EMAIL = 'nia@globex.test'
const PASSWORD = 'a lamp for every harbour'
const STEP_S = 30

describe.skipIf(reason)(`the demo in a browser${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let house: DemoHouse
  let page: Page
  let authenticator: Authenticator
  let secret = ''
  let used = ''
  let recovery: string[] = []
  beforeAll(async () => {
    house = await openDemoHouse()
    page = house.page
    authenticator = await plugIn(page)
  }, 120_000)
  afterAll(() => house?.close(), 30_000)

  const go = (path: string) => page.goto(house.url('globex', path))
  /** What the app shows, or will show in a moment. */
  const shown = (later = 0) => generate({ secret, epoch: Math.floor(Date.now() / 1000) + later * STEP_S })
  async function signOut(): Promise<void> {
    await go('/')
    await press(page, 'Sign out')
    await page.getByRole('heading', { name: 'Sign in to Globex' }).waitFor()
    await page.waitForLoadState()
  }
  async function withPassword(): Promise<void> {
    await type(page, 'E-mail', EMAIL)
    await type(page, 'Password', PASSWORD)
    await press(page, 'Sign in')
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
  }
  async function inside(): Promise<void> {
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    await page.waitForLoadState()
  }
  async function open(path: '/account/sign-in' | '/account/devices'): Promise<void> {
    await go(path)
    await inside()
  }
  async function codesFrom(dialog: ReturnType<typeof dialogOf>): Promise<string[]> {
    await dialog.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor()
    return dialog.getByRole('listitem').allTextContents()
  }

  it('somebody signs up by a link, and is a member', async () => {
    await page.goto(house.url(''))
    await page.getByRole('link', { name: 'Open Globex' }).click()
    await page.getByRole('link', { name: 'Create an account' }).click()
    await type(page, 'E-mail', EMAIL)
    await press(page, 'Send the link')
    await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor()
    await house.letter(EMAIL, 'link')
    await go('/inbox')
    await page.getByRole('link', { name: 'Open the link' }).first().click()
    await page.getByRole('heading', { name: 'Welcome to Globex' }).waitFor()
    await type(page, 'Name', 'Nia')
    await type(page, 'Password', 'globex globex globex')
    await press(page, 'Create the account')
    await complains(page, 'This password is too close to your address or to the name of this place. Take another.')
    await type(page, 'Password', PASSWORD)
    await press(page, 'Create the account')
    await inside()
    expect(new URL(page.url()).hash).toBe('')
    await page.getByLabel('New note').waitFor()
  })

  it('an authenticator app is added by its QR code, and brings recovery codes', async () => {
    await open('/account/sign-in')
    const answered = page.waitForResponse((response) => response.url().endsWith('/auth/factors/totp'))
    await press(page, /^Authenticator app/)
    const { uri } = (await (await answered).json()) as { uri: string }
    const dialog = dialogOf(page)
    expect(await dialog.locator('svg.qr path').getAttribute('d')).toBe(toSvgPath(drawQr(uri)))
    secret = ((await dialog.locator('.secret').textContent()) ?? '').replaceAll(' ', '')
    expect(uri).toContain(`secret=${secret}`)
    await type(dialog, 'Code', '000000')
    await press(dialog, 'Confirm')
    await complains(page, /^That code is wrong/)
    await dialog.getByRole('textbox').fill(await shown())
    await press(dialog, 'Confirm')
    recovery = await codesFrom(dialogOf(page))
    expect(new Set(recovery).size).toBe(10)
    // shown once: not gone by a slip
    await page.keyboard.press('Escape')
    await press(dialogOf(page), 'I have kept them')
    await tells(page, 'Authenticator app: it is asked for from now on.')
    expect(await page.locator('body').textContent()).toContain('10 of 10 are left')
    expect(await page.content()).not.toContain(secret)
  })

  it('the password alone is not enough then; a right code is, once', async () => {
    await signOut()
    await withPassword()
    await type(page, 'six digits', '000000')
    await press(page, 'Continue')
    await complains(page, /^That code is wrong/)
    used = await shown(1)
    await type(page, 'six digits', used)
    await press(page, 'Continue')
    await inside()
    await signOut()
    await withPassword()
    await type(page, 'six digits', used)
    await press(page, 'Continue')
    await complains(page, /^That code is wrong, or was used before/)
    await press(page, 'Recovery code')
    await type(page, 'recovery codes', recovery[0]!)
    await press(page, 'Continue')
    await inside()
  })

  it('a passkey is added, and signs in by itself', async () => {
    await open('/account/sign-in')
    await press(page, 'Add a passkey')
    await tells(page, 'The passkey is added. Next time it is enough.')
    await press(page, 'Add a passkey')
    await complains(page, 'This device has a passkey for your account already.')
    await signOut()
    await press(page, 'Use a passkey')
    await inside()
    await open('/account/devices')
    await page.getByText('by passkey').waitFor()
  })

  it('it is a second factor after the password, too', async () => {
    await signOut()
    await withPassword()
    await press(page, /passkey$/)
    await press(page, /^Use “/)
    await inside()
  })

  it('a change asks again who is there, when that was proven a while ago', async () => {
    await house.database.admin("update freehold.sessions set authenticated_at = authenticated_at - interval '1 hour'")
    await open('/account/sign-in')
    const rename = async () => {
      await press(page, /^Rename .*passkey$/)
      await type(dialogOf(page), 'Name', 'Laptop')
      await press(dialogOf(page), 'Save')
      await page.getByRole('heading', { name: 'Is it you?' }).waitFor()
    }
    await rename()
    await press(dialogOf(page), 'Cancel')
    await dialogOf(page).waitFor({ state: 'detached' })
    await rename()
    await press(dialogOf(page), /passkey$/)
    await press(dialogOf(page), /^Use “/)
    await press(page, 'Remove Laptop')
    await press(dialogOf(page), 'Leave it')
  })

  it('W01: a copy of the passkey is refused, and its owner is told', async () => {
    await signOut()
    await authenticator.copyWithCount(0)
    await press(page, 'Use a passkey')
    await complains(page, 'This passkey was not accepted.')
    await withPassword()
    await press(page, 'Recovery code')
    await type(page, 'recovery codes', recovery[1]!)
    await press(page, 'Continue')
    await inside()
    await open('/account/sign-in')
    await page.getByText('There may be a copy of it').waitFor()
  })

  it('recovery codes are made anew: the old ones are void', async () => {
    await press(page, 'Make new ones')
    const codes = await codesFrom(dialogOf(page))
    expect(codes.filter((code) => recovery.includes(code))).toEqual([])
    await press(dialogOf(page), 'I have kept them')
    await page.getByText('10 of 10 are left').waitFor()
    await signOut()
    await withPassword()
    await press(page, 'Recovery code')
    await type(page, 'recovery codes', recovery[2]!)
    await press(page, 'Continue')
    await complains(page, /^That code is wrong/)
    await type(page, 'recovery codes', codes[0]!.toUpperCase())
    await press(page, 'Continue')
    await inside()
  })

  it('a hardware token is added by the secret that came with it', async () => {
    await open('/account/sign-in')
    await press(page, /^Hardware token/)
    await type(dialogOf(page), 'Secret', 'GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ')
    await press(dialogOf(page), 'Go on')
    await page.getByRole('heading', { name: 'Confirm the token' }).waitFor()
    // the first two of RFC 4226, appendix D: a token that was pressed once too often
    await type(dialogOf(page), 'Code', '287082')
    await press(dialogOf(page), 'Confirm')
    await tells(page, 'Hardware token: it is asked for from now on.')
  })

  it('an enrolment that is left half-way leaves nothing', async () => {
    await press(page, /^Codes by e-mail/)
    await press(dialogOf(page), 'Send a code')
    await page.getByRole('heading', { name: 'Confirm the address' }).waitFor()
    // the page takes back what was begun, and shows itself again
    const again = page.waitForEvent('load')
    await press(dialogOf(page), 'Cancel')
    await again
    expect(await page.getByText('Not finished').count()).toBe(0)
  })

  it('the passkey is removed; the app stays', async () => {
    await open('/account/sign-in')
    await press(page, 'Remove Laptop')
    await press(dialogOf(page), 'Remove')
    await tells(page, 'Laptop is removed.')
    await signOut()
    await press(page, 'Use a passkey')
    await complains(page, 'This passkey was not accepted.')
  })

  it('no script failed, and the content policy kept nothing out', () => {
    expect(house.faults).toEqual([])
  })
})
