// Makes a fresh clone ready: installs packages, builds dist, installs the bench's peers, each only when it is
// missing or older than what it is made from. Node's built-ins only, and Node 18 on: it runs before Node 24 is there.

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const wants = new Set(process.argv.slice(2))

install(root, 'the packages')
if (wants.has('--build')) build(wants.has('--declarations'))
if (wants.has('--bench')) install(join(root, 'bench', 'peers'), "the bench's peers")

/** `npm ci`, when what is installed is not what the lockfile says. */
function install(folder, what) {
  const lockfile = join(folder, 'package-lock.json')
  const installed = join(folder, 'node_modules', '.package-lock.json')
  const current = () => changedAt(installed) >= changedAt(lockfile) || sameVersions(lockfile, installed)
  if (current()) return
  // a second run that starts meanwhile must not remove what the first is installing
  exclusively(`install-${what.replace(/\W+/g, '-')}`, () => {
    if (current()) return
    const npm = process.env.npm_execpath
    const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--no-progress']
    step(`installing ${what} (npm ci; half a minute to two)`, () =>
      npm?.endsWith('.js') ? run(process.execPath, [npm, ...args], folder) : run('npm', args, folder),
    )
    utimesSync(installed, new Date(), new Date())
  })
}

/** A lockfile that is newer and says the same (a fresh checkout, another branch and back) needs no installation. */
function sameVersions(lockfile, installed) {
  if (!existsSync(installed)) return false
  const wanted = JSON.parse(readFileSync(lockfile, 'utf8')).packages
  const present = JSON.parse(readFileSync(installed, 'utf8')).packages
  const same = Object.keys(wanted).every(
    (place) =>
      place === '' || wanted[place].version === present[place]?.version || (wanted[place].optional && !present[place]),
  )
  if (same) utimesSync(installed, new Date(), new Date())
  return same
}

/** Makes dist when any source is newer. It is swapped in whole, so that nobody reads half of it. */
function build(declarations) {
  const dist = join(root, 'dist')
  const made = join(root, '.cache', 'dist.made')
  const parts = ['src', 'tsup.config.ts', 'package.json', 'scripts/entries.ts']
  const current = () =>
    existsSync(dist) && changedAt(made) >= Math.max(...parts.map((part) => newest(join(root, part))))
  if (current() && !declarations) return
  exclusively('build', () => {
    if (current() && !declarations) return
    const fresh = join(root, '.cache', `dist-${process.pid}`)
    const startedAt = new Date()
    const tsup = join(root, 'node_modules', 'tsup', 'dist', 'cli-default.js')
    step(`building dist${declarations ? '' : ' (JavaScript; npm run build adds the declarations)'}`, () =>
      run(node(), [tsup, '--silent', '--out-dir', fresh], root, {
        FREEHOLD_BUILD: declarations ? 'all' : 'javascript',
      }),
    )
    if (declarations) openToRequire(fresh)
    rmSync(dist, { recursive: true, force: true })
    renameSync(fresh, dist)
    writeFileSync(made, '')
    utimesSync(made, startedAt, startedAt)
  })
}

/**
 * A CommonJS declaration may name a type of a package that is ESM only, but `module: node16` wants to be told that
 * (TS1479): it is written into the import.
 */
function openToRequire(folder) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.d.cts'))) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const told = text.replace(
      /^import (?:type )?(\{[^}]*\}) from '(kysely|jose)';$/gm,
      `import type $1 from '$2' with { "resolution-mode": "import" };`,
    )
    if (told !== text) writeFileSync(path, told)
  }
}

/** The Node of the packages, which is newer than this one may be. */
function node() {
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(own) ? own : process.execPath
}

function run(command, args, cwd, env = {}) {
  return spawnSync(command, args, {
    cwd,
    shell: command === 'npm' && process.platform === 'win32',
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  })
}

/** One line while it works and when it is done; everything it printed when it failed. */
function step(title, work) {
  process.stderr.write(`freehold: ${title} ...`)
  const start = process.hrtime.bigint()
  const { status, stdout, stderr, error } = work()
  if (status === 0) {
    process.stderr.write(` ${Number((process.hrtime.bigint() - start) / 100_000_000n) / 10} s\n`)
    return
  }
  process.stderr.write(` failed\n${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`)
  process.exit(status || 1)
}

/** Lets one process at a time do this work; the others wait for it. A lock older than ten minutes is a dead one's. */
function exclusively(name, work) {
  const lock = join(root, '.cache', `${name}.lock`)
  mkdirSync(dirname(lock), { recursive: true })
  while (!taken(lock)) {
    if (Date.now() - changedAt(lock) > 600_000) rmSync(lock, { recursive: true, force: true })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  const release = () => rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  work()
  process.removeListener('exit', release)
  release()
}

function taken(lock) {
  try {
    mkdirSync(lock)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/** When the file, or anything in the folder, was changed last. */
function newest(path) {
  if (!statSync(path).isDirectory()) return changedAt(path)
  return Math.max(changedAt(path), ...readdirSync(path).map((entry) => newest(join(path, entry))))
}

/** Milliseconds; 0 when there is no such file. */
function changedAt(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
