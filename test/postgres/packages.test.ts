// Without its packages the adapter can be imported and made; the first use names what is missing.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

// a copy of the sources where no node_modules is in reach
const elsewhere = mkdtempSync(join(tmpdir(), 'freehold-packages-'))
for (const part of ['adapters/postgres', 'core', 'migrations'])
  cpSync(join('src', part), join(elsewhere, 'src', part), { recursive: true })
afterAll(() => rmSync(elsewhere, { recursive: true }))

function run(use: string): unknown {
  const script = `
    import { readFileSync } from 'node:fs'
    import { registerHooks } from 'node:module'
    registerHooks({
      load: (url, context, next) => url.endsWith('.sql')
        ? { format: 'module', shortCircuit: true, source: 'export default ' + JSON.stringify(readFileSync(new URL(url), 'utf8')) }
        : next(url, context),
    })
    const { postgres } = await import('./src/adapters/postgres/index.ts')
    const pool = { options: {}, on() {}, totalCount: 0, idleCount: 0, waitingCount: 0 }
    const error = await (${use}).catch((error) => error)
    console.log(JSON.stringify({ code: error.code, details: error.details, caused: error.cause instanceof Error }))`
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: elsewhere }).toString(),
  )
}

it.each([
  ['pg', "postgres({ url: 'postgres://127.0.0.1/x' }).system.verbs.findTenant({ slug: 'a' })"],
  ['kysely', "postgres({ pool }).system.records.get('tenants', { slug: 'a' })"],
  ['kysely', 'postgres({ pool }).system.transaction(async () => 1)'],
])('names the package %s when it is missing', (name, use) => {
  expect(run(use)).toMatchObject({
    code: 'PACKAGE_MISSING',
    details: { package: name, hint: `npm install ${name}` },
    caused: true,
  })
})
