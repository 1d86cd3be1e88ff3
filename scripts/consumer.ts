// Installs the packed package into an empty project, as a host does, and uses it there: every entry point in both
// module systems, what loading the main one may not load, and the types under three module settings.

import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { entryPoints } from './entries.ts'

const root = process.cwd()
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const names = entryPoints.map(({ subpath }) => subpath.replace('.', manifest.name))
// nodenext and ESM is node16 and ESM over again; the two kinds apart, since a host's program has one
const settings = [
  ['node16', 'mts'],
  ['node16', 'cts'],
  ['nodenext', 'cts'],
  ['bundler', 'mts'],
] as const
const project = realpathSync(mkdtempSync(join(tmpdir(), 'freehold-consumer-')))

try {
  install()
  check('every entry point loads as ESM', () => node('load.mjs', esm()))
  check('every entry point loads as CommonJS', () => node('load.cjs', cjs()))
  check('both module systems see the same errors', () => node('brand.mjs', brand()))
  check('freehold alone loads no driver, query builder, hasher or framework', () => node('lean.mjs', lean()))
  check('the program runs', () => run('node_modules/.bin/freehold', ['--help']))
  for (const [setting, kind] of settings) check(`types, ${setting}, ${kind}`, () => types(setting, kind))
} finally {
  rmSync(project, { recursive: true, force: true })
}

/** The tarball as npm makes it; peers are linked from here, so that nothing is downloaded. */
function install(): void {
  const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', project], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { filename, files } = JSON.parse(packed)[0]
  const strangers = files
    .map(({ path }: { path: string }) => path)
    .filter((path: string) => !/^(dist\/[\w.-]+\.(c?js|d\.c?ts)|[A-Z]+(\.md)?|package\.json)$/.test(path))
  if (strangers.length > 0) throw new Error(`the package holds what it should not: ${strangers.join(', ')}`)
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  mkdirSync(join(modules, manifest.name))
  execFileSync('tar', ['-xzf', join(project, filename), '-C', join(modules, manifest.name), '--strip-components=1'])
  symlinkSync(join('..', manifest.name, manifest.bin.freehold), join(modules, '.bin', 'freehold'))
  execFileSync('chmod', ['+x', join(modules, manifest.name, manifest.bin.freehold)])
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== manifest.name)
      symlinkSync(join(root, 'node_modules', name), join(modules, name))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true }))
}

function esm(): string {
  const loads = names.map((name) => `loaded['${name}'] = await import('${name}')`)
  return `const loaded = {}\n${loads.join('\n')}\n${verdict()}`
}

function cjs(): string {
  const loads = names.map((name) => `loaded['${name}'] = require('${name}')`)
  return `const loaded = {}\n${loads.join('\n')}\n${verdict()}`
}

function verdict(): string {
  return `for (const [name, exports] of Object.entries(loaded))
  if (Object.values(exports).every((value) => value === undefined)) throw new Error(name + ' exports nothing')`
}

function brand(): string {
  return `import { createRequire } from 'node:module'
import { FreeholdError } from '${manifest.name}'
const other = createRequire(import.meta.url)('${manifest.name}').FreeholdError
if (FreeholdError === other) throw new Error('one copy: this proves nothing')
if (!(new other('CLOSED') instanceof FreeholdError)) throw new Error('an error of the other copy is not known')
if (!FreeholdError.is(new other('CLOSED'), 'CLOSED')) throw new Error('an error of the other copy has no code')`
}

/** Fails when any of the optional packages was resolved. */
function lean(): string {
  return `import { registerHooks } from 'node:module'
const heavy = ${JSON.stringify(Object.keys(manifest.peerDependencies))}
const seen = []
registerHooks({
  resolve(specifier, context, next) {
    if (heavy.includes(specifier)) seen.push(specifier)
    return next(specifier, context)
  },
})
await import('${manifest.name}')
if (seen.length > 0) throw new Error('loads ' + seen.join(', '))`
}

/** Every entry point is imported, without skipLibCheck: our declarations must stand alone. */
function types(setting: string, kind: 'mts' | 'cts'): void {
  const imports = names.map((name, i) =>
    kind === 'mts' ? `import * as m${i} from '${name}'` : `import m${i} = require('${name}')`,
  )
  const uses = names.map((_, i) => `export const n${i}: object = m${i}`)
  writeFileSync(join(project, `types.${kind}`), [...imports, ...uses].join('\n'))
  const bundler = setting === 'bundler'
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'ES2023',
    lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable', 'ESNext.Disposable'],
    types: ['node'],
    module: bundler ? 'preserve' : setting,
    moduleResolution: setting,
    skipLibCheck: false,
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [`types.${kind}`] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  run(process.execPath, [tsc, '-p', 'tsconfig.json', '--pretty', 'false'])
}

function node(name: string, program: string): void {
  writeFileSync(join(project, name), program)
  run(process.execPath, [name])
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command.startsWith('node_modules') ? join(project, command) : command, args, {
    cwd: project,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  })
}

function check(what: string, work: () => void): void {
  try {
    work()
    process.stdout.write(`ok      ${what}\n`)
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    process.stdout.write(`FAILED  ${what}\n${stdout}${stderr}${stdout || stderr ? '' : message}\n`)
    process.exitCode = 1
  }
}
