// freehold doctor: the database as the application's login sees it, the key, the packages, the clocks.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { createKeyring, type Keys } from '../../core/kernel/keyring.ts'
import type { Finding } from '../../core/storage/safety.ts'
import { type MigrationConnection, open } from '../../migrations/target.ts'
import { inspect, worstFirst } from '../postgres/inspect.ts'
import { connect, placeOf } from './connection.ts'
import { keysOf } from './keys.ts'
import { print } from './migrate.ts'
import { lookAtPackages, type PackageLook, packageFindings } from './packages.ts'
import { count, openScreen, type Screen, type Surroundings } from './screen.ts'
import type { Command } from './usage.ts'

/** What was looked at, whether or not something was found. */
interface Seen {
  readonly database: string
  readonly server: string
  readonly schema: string
  readonly node: string
  readonly clockSkewMs: number
  readonly packages: readonly PackageLook[]
}

/** Answers the exit code: 1 when anything but `info` was found. @throws STORAGE_UNAVAILABLE, PACKAGE_MISSING */
export async function doctor(command: Command, surroundings: Surroundings): Promise<number> {
  const { schema, folder } = command
  const packages = lookAtPackages(surroundings.cwd)
  const connection = await open(() => connect(command.url!))
  try {
    const [row] = await connection.query("select current_setting('server_version') as server")
    const clock = await clockSkew(connection)
    const findings = worstFirst([
      ...(await inspect((text, values) => connection.query(text, values), {
        schema,
        ...(folder !== undefined && { folder }),
      })),
      ...clockFindings(clock),
      ...keyFindings(surroundings.env),
      ...(await packageFindings(packages, surroundings.cwd)),
    ])
    const seen: Seen = {
      database: placeOf(command.url!),
      server: String(row?.server),
      schema,
      node: process.versions.node,
      clockSkewMs: clock.skewMs,
      packages,
    }
    const ok = findings.every(({ severity }) => severity === 'info')
    if (command.json) print(surroundings.stdout, { ok, findings, ...seen })
    else show(openScreen(surroundings.stdout, surroundings.env), findings, seen)
    return ok ? 0 : 1
  } finally {
    await connection.end().catch(() => undefined)
  }
}

interface Clock {
  /** The machine's clock minus the database's, in milliseconds; positive: this machine is ahead. */
  readonly skewMs: number
  /** Half of the round trip: how wrong that may be. */
  readonly errorMs: number
}

async function clockSkew(connection: MigrationConnection): Promise<Clock> {
  const before = Date.now()
  const [row] = await connection.query('select (extract(epoch from clock_timestamp()) * 1000)::float8 as now')
  const after = Date.now()
  return { skewMs: Math.round((before + after) / 2 - Number(row?.now)), errorMs: (after - before) / 2 }
}

/** Two seconds: less than any lifetime or grace that Freehold knows. */
const TOLERATED_MS = 2_000

export function clockFindings({ skewMs, errorMs }: Clock): Finding[] {
  if (Math.abs(skewMs) - errorMs <= TOLERATED_MS) return []
  return [
    {
      id: 'clock-skew',
      severity: 'warn',
      message: `This machine's clock is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the database's: access tokens expire that much too ${skewMs > 0 ? 'late' : 'early'} elsewhere.`,
      remedy: 'Let both be set by NTP.',
    },
  ]
}

/** FREEHOLD_KEY, and FREEHOLD_KEY_1, FREEHOLD_KEY_K2 and their like. */
const ONE_KEY = /^FREEHOLD_KEY(?:_K?[1-9][0-9]{0,2})?$/

/** Every root key that the environment holds under a name we know. */
export function keyFindings(env: Surroundings['env']): Finding[] {
  const names = Object.keys(env).filter((name) => ONE_KEY.test(name) && env[name] !== undefined)
  const { FREEHOLD_KEYS: all } = env
  if (names.length === 0 && !all) {
    return [
      {
        id: 'key-weak',
        severity: 'info',
        message:
          'None of FREEHOLD_KEYS, FREEHOLD_KEY and FREEHOLD_KEY_1 to _255 is set here, so no key was looked at. Keys under other names are not.',
        remedy: 'Run doctor where the application runs, with its environment.',
      },
    ]
  }
  return [
    ...names.sort().flatMap((name) => keyFinding(name, () => ({ current: 'k1', k1: env[name] }))),
    ...(all ? keyFinding('FREEHOLD_KEYS', () => keysOf(env)) : []),
  ]
}

function keyFinding(subject: string, keys: () => Keys): Finding[] {
  const refuse = (message: string): Finding[] => [
    { id: 'key-weak', severity: 'refuse', message, remedy: 'openssl rand -base64 32', subject },
  ]
  try {
    createKeyring(keys())
    return []
  } catch (error) {
    if (FreeholdError.is(error, 'KEY_WEAK')) {
      const which = subject === 'FREEHOLD_KEYS' ? `${error.details.key} of FREEHOLD_KEYS` : subject
      return refuse(`${which} is too weak: ${error.details.problem}.`)
    }
    if (FreeholdError.is(error, 'CONFIG_INVALID')) return refuse(`${subject} cannot be used: ${error.details.problem}.`)
    throw error
  }
}

const SIGNS = { refuse: ['bad', '✗'], warn: ['warn', '!'], info: ['faint', 'i'] } as const

function show(screen: Screen, findings: readonly Finding[], seen: Seen): void {
  const row = (name: string, value: string): void => screen.line(`  ${screen.tone('faint', name.padEnd(9))} ${value}`)
  const there = seen.packages.flatMap(({ name, version }) => (version === undefined ? [] : [`${name}@${version}`]))
  row('database', `${seen.database}, schema ${seen.schema}`)
  row('server', `PostgreSQL ${seen.server}`)
  row('node', seen.node)
  row('packages', there.length === 0 ? 'none' : screen.wrap(there.join(', '), ' '.repeat(12)))
  row('clocks', `${Math.abs(seen.clockSkewMs)} ms apart`)
  screen.line()
  for (const { severity, id, message, remedy } of findings) {
    const [tone, sign] = SIGNS[severity]
    screen.line(`${screen.tone(tone, `${sign} ${id}`)}`)
    screen.line(`  ${screen.wrap(message, '  ')}`)
    screen.line(`  ${screen.tone('faint', '→')} ${screen.wrap(remedy, '    ')}`)
  }
  const many = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length
  if (findings.length > 0) screen.line()
  if (many('refuse') > 0)
    screen.line(
      screen.tone(
        'bad',
        `${count(many('refuse'), 'finding')} that Freehold refuses to start with, ${count(many('warn'), 'warning')}.`,
      ),
    )
  else if (many('warn') > 0) screen.line(screen.tone('warn', `${count(many('warn'), 'warning')}.`))
  else screen.line(screen.tone('good', 'All is well.'))
}
