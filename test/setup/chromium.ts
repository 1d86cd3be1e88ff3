// The Chromium of this machine, driven without a window. Nothing is downloaded: where there is none, the tests that want
// one say so.

import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

/** Where Debian, Alpine, Google's own packages and macOS have it; `FREEHOLD_TEST_CHROMIUM` names another. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

function find(): string | undefined {
  const named = process.env.FREEHOLD_TEST_CHROMIUM
  return (named === undefined ? PLACES : [named]).find((path) => existsSync(path))
}

/** Why there is no browser to test with; undefined: there is. */
export function withoutChromium(): string | undefined {
  return find() === undefined
    ? 'no Chromium is installed, as by `apt-get install chromium`; FREEHOLD_TEST_CHROMIUM names one elsewhere'
    : undefined
}

export function startChromium(): Promise<Browser> {
  // in a container there is neither a sandbox nor much shared memory
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  return chromium.launch({ executablePath: find()!, args })
}
