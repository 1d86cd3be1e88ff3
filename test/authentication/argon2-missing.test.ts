// Without their packages the adapters can be imported and made; the first password names what is missing.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

// a copy of the sources where no node_modules is in reach
const elsewhere = mkdtempSync(join(tmpdir(), 'freehold-argon2-'))
afterAll(() => rmSync(elsewhere, { recursive: true }))

for (const [folder, maker, name] of [
  ['argon2', 'argon2', 'argon2'],
  ['node-rs-argon2', 'nodeRsArgon2', '@node-rs/argon2'],
] as const) {
  it(`freehold/${folder} names the package ${name} when it is missing`, () => {
    for (const part of [`adapters/${folder}`, 'core/kernel', 'core/authentication/phc.ts'])
      cpSync(join('src', part), join(elsewhere, 'src', part), { recursive: true })
    const script = `
      import { ${maker} } from './src/adapters/${folder}/index.ts'
      const hasher = ${maker}()
      const error = await hasher.hash('orbit lantern quiche').catch((error) => error)
      console.log(JSON.stringify({ code: error.code, details: error.details, caused: error.cause instanceof Error }))`
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: elsewhere })
    expect(JSON.parse(said.toString())).toMatchObject({
      code: 'PACKAGE_MISSING',
      details: { package: name, hint: expect.stringContaining(`npm install ${name}`) },
      caused: true,
    })
  })
}
