// What the pages load, all of it from here: the style, and modules that a browser runs as they are written. No build.

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ShownPage } from './pages/index.ts'

const OWN = new URL('browser/', import.meta.url)
/** Packages that run in the page, and by which names it imports them. */
export const packages = { 'lean-qr': 'lean-qr.mjs', 'lean-qr/extras/svg': 'lean-qr-svg.mjs' } as const

const files: ReadonlyMap<string, URL> = new Map([
  ...readdirSync(OWN).map((name) => [name, new URL(name, OWN)] as const),
  [packages['lean-qr'], new URL(import.meta.resolve('lean-qr'))],
  [packages['lean-qr/extras/svg'], new URL(import.meta.resolve('lean-qr/extras/svg'))],
])
const HEADERS = { 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' } as const

export async function showAsset(name: string): Promise<ShownPage> {
  const file = files.get(name)
  if (!file)
    return { status: 404, headers: { ...HEADERS, 'content-type': 'text/plain' }, body: 'There is no such file.' }
  const type = name.endsWith('.css') ? 'text/css' : 'text/javascript'
  const headers = { ...HEADERS, 'content-type': `${type}; charset=utf-8` }
  return { status: 200, headers, body: await readFile(file, 'utf8') }
}
