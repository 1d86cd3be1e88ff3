// The teams of the demo in a real browser: made, moved and filled by an owner, managed by who may in one of them, with roles
// for an hour and invitations that are answered.

import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withoutChromium } from '../../setup/chromium.ts'
import { complains, type DemoHouse, dialogOf, openDemoHouse, press, tells, type } from './house.ts'

const reason = withoutChromium()

describe.skipIf(reason)(`the teams of the demo${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let house: DemoHouse
  let anas: Page
  let cleos: Page
  beforeAll(async () => {
    house = await openDemoHouse()
    anas = house.page
    cleos = await house.another()
    await enter(anas, 'Ana, owner')
    await enter(cleos, 'Cleo, viewer')
  }, 120_000)
  afterAll(() => house?.close(), 30_000)

  async function enter(page: Page, who: string): Promise<void> {
    await page.goto(house.url('acme'))
    await press(page, who)
    await press(page, 'Sign in')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    await page.waitForLoadState()
  }
  async function go(page: Page, path: string): Promise<void> {
    await page.goto(house.url('acme', path))
    await page.waitForLoadState()
  }
  /** The team's own part of the tree. */
  const branch = (page: Page, name: string): Locator =>
    page
      .getByRole('listitem')
      .filter({ has: page.getByRole('button', { name: `Add to ${name}`, includeHidden: true }) })
      .last()
  const choose = (place: Page | Locator, label: string, choice: string) =>
    place
      .getByLabel(new RegExp(`^${label}`))
      .filter({ visible: true })
      .selectOption({ label: choice })
  const card = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
  const unfold = (place: Page | Locator, text: string) => place.locator('summary').filter({ hasText: text }).click()

  it('an owner makes a team below another', async () => {
    await go(anas, '/teams')
    const making = card(anas, 'Make another')
    await unfold(making, 'Team')
    await type(making, 'Key', 'parachutes')
    await type(making, 'Name', 'Parachutes')
    await choose(making, 'Where', 'below Rockets')
    await press(making, 'Make the team')
    await branch(anas, 'Parachutes').waitFor()
    const shows = (name: string) => branch(anas, name).getByText('Parachutes', { exact: true }).count()
    expect([await shows('Rockets'), await shows('Anvils')]).toEqual([1, 0])
  })

  it('and moves it, but not below itself', async () => {
    await anas.waitForLoadState()
    await choose(anas, 'Parachutes stands', 'below Anvils')
    await branch(anas, 'Anvils').getByText('Parachutes', { exact: true }).waitFor()
    await anas.waitForLoadState()
    await choose(anas, 'Anvils stands', 'below Parachutes')
    await complains(anas, 'A team cannot be below itself.')
    expect(await anas.getByLabel('Anvils stands').locator('option:checked').textContent()).toBe('at the top')
  })

  it('somebody who was made its admin manages that team, and sees nothing else', async () => {
    expect(await cleos.getByRole('link', { name: 'Teams' }).count()).toBe(0)
    await unfold(branch(anas, 'Parachutes'), 'Add somebody')
    await choose(branch(anas, 'Parachutes'), 'Who', 'Cleo')
    await choose(branch(anas, 'Parachutes'), 'As', 'admin')
    await press(branch(anas, 'Parachutes'), 'Add to Parachutes')
    await anas.getByRole('button', { name: 'Take out Cleo, of Parachutes' }).waitFor()
    await go(cleos, '/')
    await cleos.getByRole('link', { name: 'Teams' }).click()
    await branch(cleos, 'Parachutes').waitFor()
    await cleos.waitForLoadState()
    expect(await cleos.getByText('Anvils').count()).toBe(0)
    expect(await cleos.getByRole('button', { name: 'Remove The factory' }).count()).toBe(0)
    expect(await cleos.getByRole('button', { name: 'Remove Parachutes' }).count()).toBe(0)
    const making = card(cleos, 'Make another')
    await unfold(making, 'Project')
    await type(making, 'Key', 'silk')
    await type(making, 'Name', 'Silk')
    await press(making, 'Make the project')
    await branch(cleos, 'Parachutes').getByText('Silk').waitFor()
  })

  it('a role is given in one place for an hour, and taken back', async () => {
    await go(anas, '/teams')
    const held = card(anas, 'Roles held in one place')
    await choose(held, 'Who', 'Ben')
    await choose(held, 'Role', 'viewer')
    await choose(held, 'Where', 'Silk')
    await choose(held, 'How long', 'an hour')
    await press(held, 'Give the role')
    await tells(anas, 'It counts from the next request on.')
    await held.getByText('Ben viewer in Silk').waitFor()
    await held
      .getByText('ends in 60 minutes')
      .or(held.getByText('ends in 1 hour'))
      .or(held.getByText('ends in 59 minutes'))
      .waitFor()
    await press(held, 'Take back viewer from Ben in Silk')
    await held.getByText('Ben viewer in Silk').waitFor({ state: 'detached' })
  })

  it('somebody new is invited to the factory, sent the letter again, and comes in by it', async () => {
    const email = 'ida@acme.test'
    await anas.waitForLoadState()
    const invitations = card(anas, 'Invitations')
    await type(invitations, 'E-mail', email)
    await choose(invitations, 'To', 'The factory')
    await press(invitations, 'Invite')
    await invitations.getByText('to The factory, ends').waitFor()
    await house.letter(email, 'link')
    await press(invitations, `Send again to ${email}`)
    await tells(anas, 'Another letter is on its way')
    const { link } = await house.letter(email, 'link')
    const idas = await house.another()
    await idas.goto(link!)
    await type(idas, 'Name', 'Ida')
    await type(idas, 'Password', 'eleven harps in the rain')
    await press(idas, 'Accept')
    await idas.getByRole('navigation', { name: 'Pages' }).waitFor()
    await go(anas, '/teams')
    await card(anas, 'Roles held in one place').getByText('Ida viewer in The factory').waitFor()
    expect(await card(anas, 'Invitations').getByText(email).count()).toBe(0)
  })

  it('somebody who has an account finds the invitation there, and accepts; another is taken back', async () => {
    const invitations = card(anas, 'Invitations')
    for (const email of ['ben@acme.test', 'nobody@acme.test']) {
      await type(invitations, 'E-mail', email)
      await choose(invitations, 'To', 'Anvils')
      await press(invitations, 'Invite')
      await invitations.getByText(email).waitFor()
      await anas.waitForLoadState()
    }
    await press(invitations, 'Take back the invitation of nobody@acme.test')
    await invitations.getByText('nobody@acme.test').waitFor({ state: 'detached' })
    const bens = await house.another()
    await enter(bens, 'Ben, member')
    await go(bens, '/account')
    await card(bens, 'You are invited').getByText('to Anvils').waitFor()
    await press(bens, 'Accept the invitation to Anvils')
    await tells(bens, 'You are in.')
    expect(await card(bens, 'You are invited').count()).toBe(0)
    await go(anas, '/teams')
    await anas.getByRole('button', { name: 'Take out Ben, of Anvils' }).waitFor()
  })

  it('a team is removed, and what was in it moves up', async () => {
    await press(anas, 'Remove Anvils')
    await press(dialogOf(anas), 'Remove')
    await branch(anas, 'Anvils').waitFor({ state: 'detached' })
    expect(await branch(anas, 'Parachutes').textContent()).toContain('Silk')
    expect(await anas.getByLabel('Parachutes stands').locator('option:checked').textContent()).toBe('at the top')
  })

  it('no script failed, and the content policy kept nothing out', () => {
    expect(house.faults).toEqual([])
  })
})
