// The demo as a person has it: its pages in Chromium, a passkey authenticator, and its inbox.

import type { Browser, BrowserContext, CDPSession, Locator, Page } from 'playwright-core'
import type { Letter } from '../../../examples/notes/inbox.ts'
import { startChromium } from '../../setup/chromium.ts'
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts'
import { build, type Run, start } from '../run.ts'

/** As a person's: a browser that calls itself headless counts as a program. */
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'

export interface DemoHouse {
  readonly page: Page
  readonly database: TestDatabase
  /** What went wrong in the pages: scripts that failed, things that the content policy kept out. */
  readonly faults: readonly string[]
  url(tenant: string, path?: string): string
  /** Another browser, which has none of the first's cookies. */
  another(): Promise<Page>
  /** What the inbox has for somebody, once it is there: with a link, or a code. */
  letter(to: string, kind: 'link' | 'code'): Promise<Letter>
  close(): Promise<void>
}

export async function openDemoHouse(): Promise<DemoHouse> {
  build()
  const database = await createTestDatabase({ empty: true })
  const run: Run = await start('examples/hono/main.ts', [], { DATABASE_URL: database.ownerUrl })
  await run.said('Ctrl-C ends')
  const browser: Browser = await startChromium()
  const faults: string[] = []
  let taken = 0

  async function newPage(userAgent: string): Promise<Page> {
    const context: BrowserContext = await browser.newContext({ userAgent, locale: 'en-GB' })
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('console', (message) => {
      // that a refusal was answered is no fault of the page
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(message.text())
    })
    return page
  }

  return {
    page: await newPage(CHROME),
    database,
    faults,
    url: (tenant, path = '/') => `http://${tenant && `${tenant}.`}localhost:${run.port}${path}`,
    another: () => newPage(FIREFOX),
    async letter(to, kind) {
      for (let tries = 0; tries < 100; tries++) {
        const answer = await fetch(`http://127.0.0.1:${run.port}/inbox.json`)
        const letters = (await answer.json()) as Letter[]
        const found = letters.find((one) => one.id > taken && one.to === to && one[kind] !== null)
        if (found) {
          taken = found.id
          return found
        }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error(`nothing with a ${kind} came to ${to}`)
    },
    async close() {
      await browser.close()
      run.stop()
      await run.ended
      await database.close()
    },
  }
}

export interface Authenticator {
  /** Swaps its key for a copy whose counter stands here. */
  copyWithCount(signCount: number): Promise<void>
}

/** A passkey authenticator in the page's machine: whoever is asked by it agrees. */
export async function plugIn(page: Page): Promise<Authenticator> {
  const cdp: CDPSession = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: true,
      defaultBackupState: true,
    },
  })
  return {
    async copyWithCount(signCount) {
      const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
      const credential = credentials[0]!
      await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId })
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount } })
    },
  }
}

/** A page, or a dialog or a form on it. */
type Place = Page | Locator

export const dialogOf = (page: Page) => page.getByRole('dialog').last()

/** The button of this name. */
export async function press(place: Place, name: string | RegExp): Promise<void> {
  const button = place.getByRole('button', { name, exact: typeof name === 'string' })
  await button.waitFor()
  // what is there already may be of a page whose scripts have not run yet
  await button.page().waitForLoadState()
  await button.click()
}

/** The field under this label. */
export async function type(place: Place, label: string, text: string): Promise<void> {
  await place.locator('input, textarea').and(place.getByLabel(label)).filter({ visible: true }).fill(text)
}

/** Waits until the page, or its dialog, complains of this. */
export async function complains(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('[role=alert]').filter({ hasText: text }).waitFor()
}

/** Waits until it tells this, and answers the whole of it. */
export async function tells(page: Page, text: string | RegExp): Promise<string> {
  const status = page.locator('[data-told]').filter({ hasText: text })
  await status.waitFor()
  return (await status.textContent()) ?? ''
}
