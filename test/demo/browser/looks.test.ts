// The pages of the demo as others have them: by keyboard, by a screen reader (axe-core), at night, on a telephone.

import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutChromium } from '../../setup/chromium.ts'
import { type DemoHouse, dialogOf, openDemoHouse, press, type } from './house.ts'

const reason = withoutChromium()
const STRANGERS = [
  '/',
  '/sign-up',
  '/forgot',
  '/sign-up/confirm#token=x',
  '/sign-in/link#token=x',
  '/inbox',
  '/reset-password#token=x',
]
const OWNERS = [
  '/',
  '/members',
  '/teams',
  '/access',
  '/audit',
  '/plan',
  '/account',
  '/account/sign-in',
  '/account/devices',
]

interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

describe.skipIf(reason)(`the looks of the demo${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let house: DemoHouse
  let page: Page
  beforeAll(async () => {
    house = await openDemoHouse()
    page = house.page
  }, 120_000)
  afterAll(() => house?.close(), 30_000)

  /** What axe has against the page, light and dark; and whether it is wider than a telephone. */
  async function flaws(): Promise<string[]> {
    const found: string[] = []
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.evaluate(axe.source)
      const { violations } = (await page.evaluate(() =>
        (globalThis as never as { axe: typeof axe }).axe.run(),
      )) as Found
      found.push(
        ...violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      )
    }
    const [wide, narrow] = [
      { width: 1280, height: 800 },
      { width: 390, height: 844 },
    ]
    await page.setViewportSize(narrow)
    const excess = await page.locator(':root').evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
    await page.setViewportSize(wide)
    return excess > 0 ? [...found, `${excess} px too wide for a telephone`] : found
  }
  const hasFocus = (element: { matches(selector: string): boolean }) => element.matches(':focus')
  async function enter(): Promise<void> {
    await page.goto(house.url('acme'))
    await press(page, 'Ana, owner')
    await press(page, 'Sign in')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  }

  it('the first page has no flaw', async () => {
    await page.goto(house.url(''))
    await page.waitForLoadState()
    expect(await flaws()).toEqual([])
  })

  it('nor has the page of a tenant that nobody knows', async () => {
    await page.goto(house.url('nobody'))
    await page.getByRole('heading', { name: 'No such tenant' }).waitFor()
    expect(await flaws()).toEqual([])
  })

  it.each(STRANGERS)('nor has %s for a stranger', async (path) => {
    await page.goto(house.url('acme', path))
    await page.waitForLoadState()
    expect(await flaws()).toEqual([])
  })

  it.each(OWNERS)('nor has %s for an owner', async (path) => {
    if (path === '/') await enter()
    await page.goto(house.url('acme', path))
    await page.waitForLoadState()
    for (const closed of await page.locator('main details').all()) await closed.locator('summary').click()
    expect(await flaws()).toEqual([])
  })

  it('a dialog has the focus, keeps it, and gives it back', async () => {
    await page.goto(house.url('acme', '/account/sign-in'))
    await page.waitForLoadState()
    const button = page.getByRole('button', { name: /^Text messages/ })
    await button.focus()
    await page.keyboard.press('Enter')
    const field = dialogOf(page).getByRole('textbox')
    await field.waitFor()
    expect(await field.evaluate(hasFocus)).toBe(true)
    expect(await flaws()).toEqual([])
    await page.keyboard.press('Escape')
    await dialogOf(page).waitFor({ state: 'detached' })
    expect(await button.evaluate(hasFocus)).toBe(true)
  })

  it('the first tab leads past what is on every page', async () => {
    await page.goto(house.url('acme', '/members'))
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the page')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await page.locator('main :focus').count()).toBe(1)
  })

  it('somebody may remove a member who has just proven who they are, and is asked otherwise', async () => {
    await house.database.admin("update freehold.sessions set authenticated_at = authenticated_at - interval '1 hour'")
    await page.goto(house.url('acme', '/members'))
    await page.waitForLoadState()
    // the access token says when it was proven, until it is renewed
    await page.evaluate("fetch('/auth/refresh', { method: 'POST' })")
    await press(page, 'Remove Ben')
    await press(dialogOf(page), 'Remove')
    await page.getByRole('heading', { name: 'Is it you?' }).waitFor()
    expect(await flaws()).toEqual([])
    await type(dialogOf(page), 'Password', 'not her password at all')
    await press(dialogOf(page), 'Continue')
    await page.getByText('That is not your password.').waitFor()
    await type(dialogOf(page), 'Password', 'a kettle orbits quietly')
    await press(dialogOf(page), 'Continue')
    await page.getByText('ben@acme.test').waitFor({ state: 'detached' })
  })

  it('no script failed, and the content policy kept nothing out', () => {
    expect(house.faults).toEqual([])
  })
})
