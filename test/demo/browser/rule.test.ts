// An owner asks everybody for two factors: who has one sets the other up at the sign-in, before anything is open.

import { generate } from 'otplib'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutChromium } from '../../setup/chromium.ts'
import { complains, type DemoHouse, dialogOf, openDemoHouse, plugIn, press, tells, type } from './house.ts'

const reason = withoutChromium()

describe.skipIf(reason)(`a rule of two factors in the demo${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let house: DemoHouse
  let owner: Page
  let ben: Page
  beforeAll(async () => {
    house = await openDemoHouse()
    owner = house.page
    ben = await house.another()
  }, 120_000)
  afterAll(() => house?.close(), 30_000)

  async function enter(page: Page, name: string): Promise<void> {
    await page.goto(house.url('acme'))
    await press(page, name)
    await press(page, 'Sign in')
  }
  const inside = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).waitFor()
  async function rule(factors: string): Promise<void> {
    await owner.goto(house.url('acme', '/members'))
    await owner.waitForLoadState()
    await owner.getByLabel('Everybody signs in with').selectOption(factors)
    await tells(owner, 'It holds from the next sign-in on.')
    expect(await owner.getByLabel('Everybody signs in with').locator('option:checked').textContent()).toBe(factors)
  }
  async function keepCodes(page: Page): Promise<void> {
    const dialog = dialogOf(page)
    await dialog.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor()
    expect(new Set(await dialog.getByRole('listitem').allTextContents()).size).toBe(10)
    await press(dialog, 'I have kept them')
  }

  it('is made by the owner', async () => {
    await enter(owner, 'Ana, owner')
    await inside(owner)
    await rule('two factors')
  })

  it('a member with a password alone adds an app at the sign-in, and is in', async () => {
    await enter(ben, 'Ben, member')
    await ben.getByRole('heading', { name: 'Add a second factor' }).waitFor()
    await press(ben, 'Authenticator app')
    await ben.getByRole('heading', { name: 'Add an authenticator app' }).waitFor()
    const secret = ((await ben.locator('.secret').textContent()) ?? '').replaceAll(' ', '')
    await ben.locator('svg.qr path').waitFor()
    await type(ben, 'Code', '000000')
    await press(ben, 'Confirm')
    await complains(ben, 'The code is wrong, or was used before.')
    // another way, and back: another secret takes the place of the first
    await press(ben, 'Another way')
    await press(ben, 'Authenticator app')
    await ben
      .locator('.secret')
      .filter({ hasNotText: secret.slice(0, 4) })
      .waitFor()
    const second = ((await ben.locator('.secret').textContent()) ?? '').replaceAll(' ', '')
    await type(ben, 'Code', await generate({ secret: second }))
    await press(ben, 'Confirm')
    await keepCodes(ben)
    await inside(ben)
    expect(await ben.content()).not.toContain(second)
    const takenBack = () => fetch('/api/rule', { method: 'PUT', body: '{}' }).then(({ status }) => status)
    expect(await ben.evaluate(takenBack)).toBe(403)
    await ben.goto(house.url('acme', '/account/sign-in'))
    await ben.getByText('Asked for first').waitFor()
  })

  it('another adds a passkey there; who has a factor is asked for it', async () => {
    const cleo = await house.another()
    await plugIn(cleo)
    await enter(cleo, 'Cleo, viewer')
    await press(cleo, 'Passkey')
    await keepCodes(cleo)
    await inside(cleo)
    const again = await house.another()
    await enter(again, 'Ben, member')
    await again.getByRole('heading', { name: 'One more step' }).waitFor()
  })

  it('holds no longer once it is taken back', async () => {
    const page = await house.another()
    await enter(page, 'Ana, owner')
    await page.getByRole('heading', { name: 'Add a second factor' }).waitFor()
    await rule('one factor')
    await enter(page, 'Ana, owner')
    await inside(page)
    expect(house.faults).toEqual([])
  })
})
