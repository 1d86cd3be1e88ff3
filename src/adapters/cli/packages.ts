// The optional packages as the project has them: installed, in range, and for the native one: does it load?

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Finding } from '../../core/storage/safety.ts'

/** As `peerDependencies` of package.json; a test compares the two. */
export const PEERS: { readonly [name: string]: string } = {
  '@electric-sql/pglite': '>=0.5 <0.6',
  '@node-rs/argon2': '^2.2.1',
  '@node-rs/bcrypt': '^2.0.0',
  argon2: '>=0.44 <0.46',
  express: '^5.0.0',
  fastify: '^5.0.0',
  hono: '^4.13.0',
  kysely: '>=0.29 <0.30',
  'mmdb-lib': '^3.0.0',
  nodemailer: '>=7 <11',
  pg: '^8.23.0',
  redis: '^6.0.0',
  stripe: '^23.1.0',
}

export interface PackageLook {
  readonly name: string
  readonly range: string
  /** Absent: not installed. */
  readonly version?: string
}

/** Looks where Node would look: node_modules beside `cwd` and above it. */
export function lookAtPackages(cwd: string): PackageLook[] {
  return Object.entries(PEERS).map(([name, range]) => {
    const version = installed(cwd, name)
    return { name, range, ...(version !== undefined && { version }) }
  })
}

/** Out of range, missing though the project needs it, or there and unable to run. */
export async function packageFindings(looks: readonly PackageLook[], cwd: string): Promise<Finding[]> {
  const found = (name: string): boolean => looks.some((look) => look.name === name && look.version !== undefined)
  const findings = looks
    .filter(({ version, range }) => version !== undefined && !satisfies(version, range))
    .map(({ name, version, range }) =>
      finding(
        `${name} ${version} is not in the range ${range} that Freehold is tested with.`,
        `npm install ${name}@"${range}"`,
        name,
      ),
    )
  for (const name of ['pg', 'kysely']) {
    if (!found(name))
      findings.push(
        finding(
          `${name} is not installed, and freehold/postgres needs it.`,
          `npm install ${name}@"${PEERS[name]}"`,
          name,
        ),
      )
  }
  const hashers = ['argon2', '@node-rs/argon2'].filter(found)
  if (hashers.length === 0) {
    findings.push(
      finding('No package that hashes passwords is installed.', `npm install argon2@"${PEERS.argon2}"`, 'argon2'),
    )
  }
  for (const name of hashers) {
    const failure = await loads(name, cwd)
    if (failure) {
      findings.push(
        finding(
          `${name} is installed and does not run on Node ${process.versions.node}: ${failure}.`,
          `npm rebuild ${name}; or upgrade Node; or use the other of argon2 and @node-rs/argon2.`,
          name,
        ),
      )
    }
  }
  return findings
}

/** True for the two forms that our ranges have: `^1.2.3` and `>=0.44 <0.46`. */
export function satisfies(version: string, range: string): boolean {
  const [release = ''] = version.split(/[-+]/)
  if (range.startsWith('^')) {
    const [major] = range.slice(1).split('.')
    return compare(release, range.slice(1)) >= 0 && release.split('.')[0] === major
  }
  return range.split(' ').every((part) => {
    const bound = part.replace(/^[<>=]+/, '')
    return part.startsWith('<') ? compare(release, bound) < 0 : compare(release, bound) >= 0
  })
}

function compare(a: string, b: string): number {
  for (let i = 0; i < 3; i++) {
    const difference = Number(a.split('.')[i] ?? 0) - Number(b.split('.')[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function installed(cwd: string, name: string): string | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as {
        version?: unknown
      }
      return String(version)
    } catch {
      if (dirname(folder) === folder) return undefined
    }
  }
}

/** Why it cannot hash, found out in a process of its own: a native module may end the one that loads it. */
function loads(name: string, cwd: string): Promise<string | undefined> {
  const script = `const m = await import('${name}'); await (m.hash ?? m.default.hash)('a password to try')`
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      cwd,
      stdio: 'ignore',
      timeout: 20_000,
    })
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (code, signal) => {
      resolve(
        signal
          ? `it ended the process with ${signal}`
          : code === 0
            ? undefined
            : `loading it failed (exit code ${code})`,
      )
    })
  })
}

function finding(message: string, remedy: string, subject: string): Finding {
  return { id: 'package-missing', severity: 'warn', message, remedy, subject }
}
