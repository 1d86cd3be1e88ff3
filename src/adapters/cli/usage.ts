// The command line: what may stand on it, and what it means.

import { parseArgs } from 'node:util'

export type AccessCommand = 'access test' | 'access lint' | 'access export' | 'access diff' | 'access import'

export interface Command {
  readonly name:
    | 'help'
    | 'version'
    | 'plan'
    | 'up'
    | 'status'
    | 'keys status'
    | 'keys reencrypt'
    | 'doctor'
    | 'replay'
    | AccessCommand
  readonly url?: string
  readonly ownerUrl?: string
  readonly schema: string
  readonly folder?: string
  readonly baseline?: string
  readonly lockWaitMs?: number
  /** With help: of what. */
  readonly about?: string
  /** Of `risk replay` and `access`. */
  readonly file?: string
  readonly geo?: string
  readonly settings?: string
  readonly tenant?: string
  readonly permissions?: string
  readonly model?: string
  readonly junit?: string
  readonly places: boolean
  readonly assignments: boolean
  readonly replace: boolean
  readonly dryRun: boolean
  readonly sql: boolean
  readonly json: boolean
}

/** What is wrong with the command line, for its writer. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readCommand(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const { values, positionals } = parse(argv)
  const url = address(values.url, '--url') ?? address(env.DATABASE_URL, 'DATABASE_URL')
  const ownerUrl = address(values['owner-url'], '--owner-url') ?? address(env.FREEHOLD_OWNER_URL, 'FREEHOLD_OWNER_URL')
  const command: Command = {
    name: values.help || argv.length === 0 ? 'help' : values.version ? 'version' : commandName(positionals),
    ...(url !== undefined && { url }),
    ...(ownerUrl !== undefined && { ownerUrl }),
    ...(positionals[0] !== undefined && { about: positionals[positionals[0] === 'help' ? 1 : 0] }),
    schema: values.schema ?? 'freehold',
    ...(values.folder !== undefined && { folder: values.folder }),
    ...(values.baseline !== undefined && { baseline: values.baseline }),
    ...(values['lock-wait'] !== undefined && { lockWaitMs: seconds(values['lock-wait']) }),
    ...(values.geo !== undefined && { geo: values.geo }),
    ...(values.settings !== undefined && { settings: values.settings }),
    ...(values.tenant !== undefined && { tenant: values.tenant }),
    ...(values.permissions !== undefined && { permissions: values.permissions }),
    ...(values.model !== undefined && { model: values.model }),
    ...(values.junit !== undefined && { junit: values.junit }),
    places: values.places ?? false,
    assignments: values.assignments ?? false,
    replace: values.replace ?? false,
    dryRun: values['dry-run'] ?? false,
    ...((positionals[0] === 'risk' || positionals[0] === 'access') &&
      positionals[2] !== undefined && { file: positionals[2] }),
    sql: values.sql ?? false,
    json: values.json ?? false,
  }
  if (command.name === 'help' || command.name === 'version') return command
  if (command.sql && command.name !== 'plan') throw new UsageError('--sql goes with "migrate plan"')
  if (command.sql && command.json)
    throw new UsageError('--sql and --json exclude each other; the JSON of a plan holds the SQL')
  if (command.baseline !== undefined && command.name !== 'plan' && command.name !== 'up') {
    throw new UsageError('--baseline goes with "migrate plan" and "migrate up"')
  }
  if (command.name === 'replay') return command
  for (const option of ['geo', 'settings'] as const) {
    if (command[option] !== undefined) throw new UsageError(`--${option} goes with "risk replay"`)
  }
  if (checkAccess(command)) return command
  const asOwner = command.name === 'plan' || command.name === 'up' || command.name === 'status'
  if (command.url === undefined && (!asOwner || command.ownerUrl === undefined)) {
    throw new UsageError('there is no database: set DATABASE_URL, or give --url')
  }
  return command
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        'owner-url': { type: 'string' },
        schema: { type: 'string' },
        folder: { type: 'string' },
        baseline: { type: 'string' },
        'lock-wait': { type: 'string' },
        geo: { type: 'string' },
        settings: { type: 'string' },
        tenant: { type: 'string' },
        permissions: { type: 'string' },
        model: { type: 'string' },
        junit: { type: 'string' },
        places: { type: 'boolean' },
        assignments: { type: 'boolean' },
        replace: { type: 'boolean' },
        'dry-run': { type: 'boolean' },
        sql: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    // node's own words name the option; what follows the first sentence is about parseArgs
    throw new UsageError(
      error instanceof Error ? (error.message.split('. ')[0] ?? '').replace(/\.$/, '') : 'it cannot be read',
    )
  }
}

function commandName(words: readonly string[]): Command['name'] {
  const [first, second, ...more] = words
  if (first === undefined) throw new UsageError('there is no command')
  if (first === 'help' || first === 'version') return first
  if (first === 'doctor' && second === undefined) return 'doctor'
  if (first === 'keys' && more.length === 0) {
    if (second === 'status' || second === 'reencrypt') return `keys ${second}`
    throw new UsageError(
      second === undefined ? 'keys takes status or reencrypt' : `keys takes status or reencrypt, not "${second}"`,
    )
  }
  if (first === 'migrate' && more.length === 0) {
    if (second === 'plan' || second === 'up' || second === 'status') return second
    throw new UsageError(
      second === undefined ? 'migrate takes plan, up or status' : `migrate takes plan, up or status, not "${second}"`,
    )
  }
  if (first === 'risk') {
    if (second === 'replay' && more.length === 1) return 'replay'
    throw new UsageError('risk takes replay and one file')
  }
  if (first === 'access') return accessName(second, more)
  throw new UsageError(`there is no command "${words.join(' ')}"`)
}

function accessName(what: string | undefined, more: readonly string[]): AccessCommand {
  const names = ['test', 'lint', 'export', 'diff', 'import'] as const
  const name = names.find((known) => known === what)
  if (!name) throw new UsageError(`access takes ${names.join(', ')}${what === undefined ? '' : `, not "${what}"`}`)
  const files = { test: [1, 1], lint: [0, 1], export: [0, 0], diff: [1, 1], import: [1, 1] } as const
  const [least, most] = files[name]
  if (more.length < least) throw new UsageError(`access ${name} takes a file`)
  if (more.length > most) throw new UsageError(`access ${name} takes ${most === 0 ? 'no file' : 'one file'}`)
  return `access ${name}`
}

/** With which commands an option goes. */
const ACCESS_OPTIONS: readonly (readonly [keyof Command & string, string, readonly AccessCommand[]])[] = [
  ['tenant', '--tenant', ['access test', 'access lint', 'access export', 'access diff', 'access import']],
  ['permissions', '--permissions', ['access test', 'access lint', 'access export', 'access diff', 'access import']],
  ['model', '--model', ['access test']],
  ['junit', '--junit', ['access test']],
  ['places', '--places', ['access export']],
  ['assignments', '--assignments', ['access export']],
  ['replace', '--replace', ['access diff', 'access import']],
  ['dryRun', '--dry-run', ['access import']],
]

/** Whether it is a command about access, which needs a database only where it names a tenant. @throws UsageError */
function checkAccess(command: Command): boolean {
  const { name, tenant, model, file, url, permissions } = command
  for (const [key, option, commands] of ACCESS_OPTIONS) {
    if (command[key] && !commands.includes(name as AccessCommand)) {
      throw new UsageError(`${option} goes with ${commands.map((one) => `"${one}"`).join(', ')}`)
    }
  }
  if (!name.startsWith('access ')) return false
  if (tenant !== undefined && model !== undefined) throw new UsageError('--tenant and --model exclude each other')
  const needsTenant = name !== 'access test' && !(name === 'access lint' && file !== undefined)
  if (tenant === undefined && needsTenant) {
    throw new UsageError(`${name} wants ${name === 'access lint' ? 'a model, or ' : ''}a tenant: give --tenant`)
  }
  if (tenant !== undefined && name === 'access lint' && file !== undefined) {
    throw new UsageError('access lint takes a file or --tenant, not both')
  }
  if (tenant !== undefined && url === undefined) {
    throw new UsageError('there is no database: set DATABASE_URL, or give --url')
  }
  if (needsTenant && permissions === undefined) {
    throw new UsageError(`${name} wants --permissions FILE: what your code declares, without which roles mean nothing`)
  }
  return true
}

/** A PostgreSQL URL; the complaint never shows it, for it may hold a password. */
function address(value: string | undefined, name: string): string | undefined {
  if (value === undefined || value === '') return undefined
  if (!URL.canParse(value) || !/^postgres(ql)?:$/.test(new URL(value).protocol)) {
    throw new UsageError(`${name} is not a URL of the form postgres://user:password@host:5432/database`)
  }
  return value
}

function seconds(value: string): number {
  if (!/^[0-9]{1,6}$/.test(value)) throw new UsageError('--lock-wait takes a whole number of seconds')
  return Number(value) * 1000
}
