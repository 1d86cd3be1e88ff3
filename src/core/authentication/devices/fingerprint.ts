// What a request tells of its device that does not change from one to the next: the browser and the system, not their
// versions, and the languages. Anybody can send the same: it only takes trust away, and gives none.

import { createHash } from 'node:crypto'
import type { ClientInfo } from '../../sessions/session.ts'

// the first that matches: most browsers name others beside themselves
const BROWSERS = [
  ['Edge', /\bEdg(e|A|iOS)?\//],
  ['Opera', /\bOPR\/|\bOpera\b/],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(Firefox|FxiOS)\//],
  ['Chrome', /\b(Chrome|Chromium|CriOS)\//],
  ['Safari', /\bSafari\//],
] as const
const SYSTEMS = [
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(iPhone|iPad|iPod)\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMacintosh\b|\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
] as const

const LENGTH_READ = 512

/** `Firefox on Linux`: words of ours alone, whatever the client sent. */
export function deviceKind(userAgent: string | null | undefined): string {
  const text = (userAgent ?? '').slice(0, LENGTH_READ)
  const browser = BROWSERS.find(([, mark]) => mark.test(text))?.[0] ?? 'another browser or app'
  const system = SYSTEMS.find(([, mark]) => mark.test(text))?.[0]
  return system === undefined ? browser : `${browser} on ${system}`
}

/** SHA-256. */
export function fingerprintOf({ userAgent, device }: ClientInfo): Uint8Array {
  const signals = [deviceKind(userAgent), device?.acceptLanguage, device?.platform]
  const text = signals.map((signal) => (signal ?? '').slice(0, LENGTH_READ).toLowerCase()).join('\0')
  return createHash('sha256').update(`freehold/1/device-fingerprint\0${text}`).digest()
}
