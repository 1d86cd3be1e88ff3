// Adds to package-lock.json the optional packages of other platforms that the registry in use did not serve. npm
// leaves such entries out, and `npm ci` then refuses the whole lockfile as out of step. Run after `npm install`.

import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
  engines?: Record<string, string>
}

interface Lockfile {
  packages: Record<string, Entry>
}

const FILE = process.argv[2] ?? 'package-lock.json'
const SYSTEMS = ['darwin', 'linux', 'win32', 'windows', 'android', 'freebsd', 'openbsd', 'netbsd', 'openharmony']
const PROCESSORS = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64']

const lockfile = JSON.parse(readFileSync(FILE, 'utf8')) as Lockfile
const added: string[] = []
for (const [place, entry] of Object.entries(lockfile.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(place, name) || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) continue
    lockfile.packages[`node_modules/${name}`] = {
      version,
      ...platform(name),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
    }
    added.push(`${name}@${version}`)
  }
}
lockfile.packages = Object.fromEntries(Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
writeFileSync(FILE, `${JSON.stringify(lockfile, null, 2)}\n`)
process.stdout.write(added.length ? `added ${added.length}:\n  ${added.join('\n  ')}\n` : 'nothing was missing\n')

/** Node's own search: beside the package, then in each node_modules above it. */
function isLocked(place: string, name: string): boolean {
  for (let base = place; ; base = base.slice(0, Math.max(0, base.lastIndexOf('node_modules') - 1))) {
    if (`${base}${base ? '/' : ''}node_modules/${name}` in lockfile.packages) return true
    if (!base) return false
  }
}

/** What the package's own manifest would say; these names follow one pattern, system-processor-library. */
function platform(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const words = name.replace(/^@[^/]*\//, '').split('-')
  const os = words.find((word) => SYSTEMS.includes(word))
  const cpu = words.find((word) => PROCESSORS.includes(word))
  if (!os || !cpu) throw new Error(`cannot tell which platform ${name} is for`)
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined
  return {
    os: [os === 'windows' ? 'win32' : os],
    cpu: [cpu],
    ...(os === 'linux' && libc ? { libc: [libc] } : {}),
  }
}
