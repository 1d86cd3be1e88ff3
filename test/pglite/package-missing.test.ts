// Without its package the adapter can be imported and made; the first use names what is missing.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

// a copy of the sources where no node_modules is in reach
const elsewhere = mkdtempSync(join(tmpdir(), 'freehold-pglite-'))
afterAll(() => rmSync(elsewhere, { recursive: true }))

it('freehold/pglite names the package @electric-sql/pglite when it is missing', () => {
  for (const part of ['adapters/pglite', 'adapters/postgres', 'core', 'migrations'])
    cpSync(join('src', part), join(elsewhere, 'src', part), { recursive: true })
  const script = `
    import { readFileSync } from 'node:fs'
    import { registerHooks } from 'node:module'
    // as the build does: a .sql file is its text
    registerHooks({
      load: (url, context, next) =>
        url.endsWith('.sql')
          ? { format: 'module', shortCircuit: true, source: 'export default ' + JSON.stringify(readFileSync(new URL(url), 'utf8')) }
          : next(url, context),
    })
    const { pglite } = await import('./src/adapters/pglite/index.ts')
    const storage = pglite()
    const errors = []
    for (const use of [() => storage.inspect(), () => storage.system.verbs.findTenant({ slug: 'acme' })])
      errors.push(await use().catch(({ code, details }) => ({ code, details })))
    await storage.close()
    console.log(JSON.stringify(errors))`
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: elsewhere })
  const missing = {
    code: 'PACKAGE_MISSING',
    details: { package: '@electric-sql/pglite', range: '>=0.5 <0.6', hint: 'npm install @electric-sql/pglite' },
  }
  expect(JSON.parse(said.toString())).toEqual([missing, missing])
})
