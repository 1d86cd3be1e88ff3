// The demo in a real browser: what comes by mail and text message, whose pages do nothing before a person presses a
// button, and the devices that somebody signed in on.

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutChromium } from '../../setup/chromium.ts'
import { complains, type DemoHouse, dialogOf, openDemoHouse, press, tells, type } from './house.ts'

const reason = withoutChromium()
const GUS = { email: 'gus@globex.test', password: 'seven lanterns at the pier' }
const ZOE = { email: 'zoe@globex.test', password: 'a lamp for every harbour' }
const PHONE = '+34600000042'

describe.skipIf(reason)(`the letters of the demo${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let house: DemoHouse
  let page: Page
  let other: Page
  beforeAll(async () => {
    house = await openDemoHouse()
    page = house.page
    other = await house.another()
  }, 120_000)
  afterAll(() => house?.close(), 30_000)

  const go = (path: string, at = page) => at.goto(house.url('globex', path))
  async function inside(at = page): Promise<void> {
    await at.getByRole('navigation', { name: 'Pages' }).waitFor()
    await at.waitForLoadState()
  }
  async function enter(person: typeof GUS, at = page): Promise<void> {
    await at.context().clearCookies({ name: /access|refresh/ })
    await go('/', at)
    await type(at, 'E-mail', person.email)
    await type(at, 'Password', person.password)
    await press(at, 'Sign in')
  }
  async function linkTo(email: string): Promise<string> {
    return (await house.letter(email, 'link')).link!
  }
  async function codeTo(recipient: string): Promise<string> {
    return (await house.letter(recipient, 'code')).code!
  }

  it('an invitation brings somebody in', async () => {
    await enter(GUS)
    await inside()
    await go('/members')
    await type(page, 'E-mail', ZOE.email)
    await press(page, 'Send the invitation')
    await tells(page, 'The invitation is on its way.')
    await other.goto(await linkTo(ZOE.email))
    await other.getByRole('heading', { name: 'You are invited to Globex' }).waitFor()
    await type(other, 'Name', 'Zoe')
    await type(other, 'Password', ZOE.password)
    await press(other, 'Accept')
    await inside(other)
    await page.reload()
    expect(await page.locator('main').textContent()).toContain(ZOE.email)
  })

  it('A03: a link is opened as often as anybody likes, and used up by one press of its button', async () => {
    await page.context().clearCookies()
    await go('/')
    await page.getByText('Get a link or a code').click()
    await type(page, 'E-mail or telephone number', ZOE.email)
    await press(page, 'Send a link')
    await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor()
    const link = await linkTo(ZOE.email)
    for (let scans = 0; scans < 2; scans++) {
      await other.goto(link)
      await other.getByRole('button', { name: 'Sign in' }).waitFor()
    }
    await page.goto(link)
    await press(page, 'Sign in')
    await inside()
    await other.reload()
    await press(other, 'Sign in')
    await complains(other, 'This link or code is wrong, was used, or is too old. Ask for a new one.')
    await go('/sign-in/link', other)
    await other.getByRole('heading', { name: 'This link is not whole' }).waitFor()
  })

  it('a number is proven, and signs in by a code', async () => {
    await go('/account')
    await page.getByText('Telephone').click()
    await type(page, 'Number with its country', '+34 600 000 042')
    await press(page, 'Send a code')
    await type(dialogOf(page), 'Code', await codeTo(PHONE))
    await press(dialogOf(page), 'Confirm')
    await tells(page, /^Your number is confirmed/)
    await press(page, 'Sign out')
    await page.getByRole('heading', { name: 'Sign in to Globex' }).waitFor()
    await page.waitForLoadState()
    await page.getByText('Get a link or a code').click()
    await type(page, 'E-mail or telephone number', '+34 600 000 042')
    await press(page, 'Send a code')
    await page.getByRole('heading', { name: 'Type in the code' }).waitFor()
    await type(page, 'Code', '00000000')
    await press(page, 'Sign in')
    await complains(page, /^This link or code is wrong/)
    await type(page, 'Code', await codeTo(PHONE))
    await press(page, 'Sign in')
    await inside()
  })

  it('codes by text message and by e-mail become second factors', async () => {
    // a session that a text message began could not step up with another
    await enter(ZOE)
    await inside()
    await go('/account/sign-in')
    await press(page, /^Text messages/)
    await type(dialogOf(page), 'Number with its country', PHONE)
    await press(dialogOf(page), 'Send a code')
    await type(dialogOf(page), 'Code', await codeTo(PHONE))
    await press(dialogOf(page), 'Confirm')
    await press(dialogOf(page), 'I have kept them')
    await tells(page, /^Text messages/)
    await press(page, /^Codes by e-mail/)
    await press(dialogOf(page), 'Send a code')
    // the session was opened without it, so it is asked for first
    await page.getByRole('heading', { name: 'Is it you?' }).waitFor()
    await type(dialogOf(page), 'code that we sent', await codeTo(PHONE))
    await press(dialogOf(page), 'Continue')
    await page.getByRole('heading', { name: 'Confirm the address' }).waitFor()
    await type(dialogOf(page), 'Code', await codeTo(ZOE.email))
    await press(dialogOf(page), 'Confirm')
    await tells(page, 'Codes by e-mail: it is asked for from now on.')
    await press(page, 'Ask for Codes by e-mail first')
    await page.getByRole('button', { name: 'Ask for Text messages first' }).waitFor()
    await enter(ZOE, other)
    await type(other, 'code that we sent', await codeTo(ZOE.email))
    await other.getByLabel('Trust this device').check()
    await press(other, 'Continue')
    await inside(other)
  })

  it('devices are seen, trusted and forgotten, and sessions ended', async () => {
    await go('/account/devices')
    const devices = page.getByRole('region', { name: 'Devices' })
    expect(await devices.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(/Chrome on Linux\s+This device/),
      expect.stringMatching(/Firefox on Windows\s+Trusted/),
    ])
    await enter(ZOE, other)
    await inside(other)
    await press(page, 'Trust Firefox on Windows no more')
    await page.getByRole('button', { name: 'Trust Firefox on Windows', exact: true }).waitFor()
    await page.waitForLoadState()
    await press(page, 'Forget Firefox on Windows')
    await press(dialogOf(page), 'Forget')
    await tells(page, 'Firefox on Windows is forgotten.')
    expect(await devices.getByRole('listitem').count()).toBe(1)
    await press(page, 'Sign out everywhere')
    await press(dialogOf(page), 'Sign out everywhere')
    await page.getByRole('heading', { name: 'Sign in to Globex' }).waitFor()
  })

  it('a forgotten password is chosen anew, and the factor stays', async () => {
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await type(page, 'E-mail', ZOE.email)
    await press(page, 'Send the link')
    await page.getByRole('heading', { name: 'Look into your mailbox' }).waitFor()
    await page.goto(await linkTo(ZOE.email))
    await type(page, 'Password', 'a boat for every harbour')
    await press(page, 'Set the password')
    await tells(page, 'Your password is changed. Sign in with it.')
    await enter({ ...ZOE, password: 'a boat for every harbour' })
    await type(page, 'code that we sent', await codeTo(ZOE.email))
    await press(page, 'Continue')
    await inside()
  })

  it('an address is changed by a link to the new one; an unproven one is confirmed', async () => {
    await go('/account')
    await page.getByText(ZOE.email).click()
    await type(page, 'New address', 'zoe@elsewhere.test')
    await press(page, 'Send a link to the new address')
    await tells(page, /^A link is on its way/)
    await page.goto(await linkTo('zoe@elsewhere.test'))
    await press(page, 'Confirm')
    await tells(page, 'Your new address is confirmed.')

    await enter(GUS, other)
    await inside(other)
    await go('/members', other)
    await other.getByText('Or add somebody with a password').click()
    const form = other.locator('form[data-path="/api/members"]')
    await type(form, 'Name', 'Yan')
    await type(form, 'E-mail', 'yan@globex.test')
    await press(form, 'Add')
    const [, password = ''] = / with (\S+),/.exec(await tells(other, 'Yan can sign in')) ?? []
    await enter({ email: 'yan@globex.test', password }, other)
    await inside(other)
    await go('/account', other)
    await other.getByText('Not confirmed').click()
    await press(other, 'Send a link to confirm it')
    await tells(other, /^A link is on its way/)
    await other.goto(await linkTo('yan@globex.test'))
    await press(other, 'Confirm')
    await tells(other, 'Your address is confirmed.')
  })

  it('a password is changed by whoever has it, and an account given up by whose it is', async () => {
    await go('/account')
    await page.getByText('••••').click()
    await type(page, 'The one you have', ZOE.password)
    await type(page, 'The new one', 'a bridge for every harbour')
    await press(page, 'Change the password')
    await complains(page, 'The current password is wrong.')
    await type(page, 'The one you have', 'a boat for every harbour')
    await press(page, 'Change the password')
    await tells(page, /^Your password is changed/)
    await page.getByText('Give it up').click()
    await press(page, 'Give up this account')
    await press(dialogOf(page), 'Give up this account')
    await page.getByRole('heading', { name: 'Sign in to Globex' }).waitFor()
    await enter({ email: 'zoe@elsewhere.test', password: 'a bridge for every harbour' })
    await complains(page, 'The e-mail address or the password is wrong.')
  })

  it('no script failed, and the content policy kept nothing out', () => {
    expect(house.faults).toEqual([])
  })
})
