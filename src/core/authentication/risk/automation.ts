// Signals of a program that is not a person's. What a request says of itself can be forged, so silence here proves
// nothing; what is found is what nobody cared to hide.

import type { ClientSignals } from './inputs.ts'
import type { Finding } from './signals.ts'

/** Programs by their own names: HTTP libraries, command lines, browsers that are driven, crawlers, attack tools. */
const AUTOMATION =
  /headless|phantomjs|selenium|puppeteer|playwright|webdriver|electron\/|\b(?:curl|wget|httpie|lwp|libwww-perl|python-requests|python-urllib|python-httpx|aiohttp|scrapy|go-http-client|java|apache-httpclient|okhttp|node-fetch|undici|axios|got|guzzlehttp|ruby|mechanize|postmanruntime|insomnia|sqlmap|hydra|nikto|nuclei|masscan|zgrab|openbullet)\b(?=[/\s;)]|$)|\b\w*(?:bot|crawler|spider)\//i
/** How every browser introduces itself. */
const BROWSER = /^Mozilla\/5\.0 \(/
/** Nobody reads a form and types within. */
const HASTY_MS = 500
/** What is looked at of a user agent. */
const MAXIMUM = 512

export function automationFinding(client: ClientSignals = {}): Finding {
  const clues = [program(client), headers(client), haste(client)]
  const [clearest] = clues.sort((a, b) => b[0] - a[0])
  const [strength, reason] = clearest!
  return { flag: 'automation', strength, reason }
}

type Clue = readonly [strength: number, reason: string]

function program({ userAgent }: ClientSignals): Clue {
  if (userAgent === undefined) return [0, '']
  if (userAgent === null || userAgent.trim() === '') return [0.6, 'the client does not say what program it is']
  const named = AUTOMATION.exec(userAgent.slice(0, MAXIMUM))
  return named ? [1, `the client calls itself ${named[0].toLowerCase().replace(/\/$/, '')}`] : [0, '']
}

/** Every browser says which languages its user reads. */
function headers({ userAgent, acceptLanguage }: ClientSignals): Clue {
  const missing = acceptLanguage !== undefined && !acceptLanguage?.trim()
  if (!missing || !BROWSER.test(userAgent ?? '')) return [0, '']
  return [0.6, 'the client calls itself a browser and lacks the headers of one']
}

function haste({ formMs }: ClientSignals): Clue {
  if (formMs === undefined || !(formMs < HASTY_MS)) return [0, '']
  return [0.8, `the form was filled in within ${HASTY_MS} ms`]
}
