// An error for people and for programs: what happened, where, what to do. Never a stack, never a URL.

import { type ErrorCode, FreeholdError } from '../../core/kernel/errors.ts'
import type { Screen } from './screen.ts'

export interface Complaint {
  readonly code: ErrorCode
  readonly title: string
  /** What it is about, as a migration or a file. */
  readonly subject?: string
  readonly lines: readonly string[]
  readonly docs: string
  readonly details: object
}

/** Details that say what an error is about. */
const SUBJECTS = ['file', 'option', 'package', 'schema', 'path', 'role', 'permission', 'key'] as const

export function complaintOf(error: unknown, place: string | undefined, tenant?: string): Complaint {
  const known = FreeholdError.is(error) ? error : new FreeholdError('INTERNAL', {}, { cause: error })
  const { code, details, docs } = known
  const said = details as Readonly<Record<string, unknown>>
  const title = known.toProblem().title
  const text = (name: string): string | undefined => (said[name] === undefined ? undefined : String(said[name]))
  const migration = text('migration')
  const line = text('line')
  const named = SUBJECTS.find((name) => said[name] !== undefined)
  const subject =
    migration && line
      ? `${migration}, line ${line}`
      : (migration ??
        (named === undefined ? undefined : text(named)) ??
        (code.startsWith('TENANT_') ? tenant : undefined))
  const lines: string[] = []
  const sqlstate = text('sqlstate')
  const problem = text('problem')
  if (problem) lines.push(`${problem}${sqlstate ? ` (${sqlstate})` : ''}`)
  if (code === 'STORAGE_UNAVAILABLE') lines.push(...whyUnavailable(known.cause, place))
  if (code === 'MIGRATION_CHANGED') {
    lines.push('It ran in another form. Put the file back as it was, and the change into a new file.')
    lines.push(`Ran: ${text('expected')?.slice(0, 12)}  Now: ${text('found')?.slice(0, 12)}  (SHA-256)`)
  }
  if (code === 'MIGRATION_NEWER')
    lines.push('The database was migrated by a newer version of the code. Run that version; nothing was changed.')
  if (code === 'MIGRATION_LOCKED') {
    lines.push(`Waited ${Math.round(Number(said.waitedMs) / 1000)} s; --lock-wait waits longer.`)
    const pid = text('pid')
    if (pid)
      lines.push(
        `Server process ${pid} holds the lock. If nobody is migrating any more: select pg_terminate_backend(${pid});`,
      )
  }
  if (code === 'INTERNAL') lines.push(messageOf(known.cause))
  const hint = text('hint')
  if (hint) lines.push(...hint.split(/(?<=\.) (?=[A-Z])/))
  return { code, title, ...(subject !== undefined && { subject }), lines, docs, details }
}

export function showComplaint(screen: Screen, { code, title, subject, lines, docs }: Complaint): void {
  screen.line(`${screen.tone('bad', `✗ ${title}`)}${subject ? `: ${screen.tone('strong', subject)}` : ''}`)
  for (const line of lines) screen.line(`  ${screen.wrap(line, '  ')}`)
  screen.line(screen.tone('faint', `  ${code}  ${docs}`))
}

/** What a driver's connection error means to a person. */
function whyUnavailable(cause: unknown, place: string | undefined): string[] {
  const [first] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause]
  const code = String((first as { code?: unknown } | undefined)?.code ?? '')
  const at = place ? ` at ${place}` : ''
  switch (code) {
    case 'ECONNREFUSED':
      return [`Nobody answers${at}: is the server running, and is the port right?`]
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [`The host name${place ? ` of ${place}` : ''} is not known.`]
    case '28P01':
    case '28000':
      return [`The server${at} refuses this login: ${messageOf(first)}.`]
    case '3D000':
      return [`The server answers, but has no such database: ${messageOf(first)}.`]
    case '53300':
      return ['The server has no connection left for this login.']
    default:
      return [`${messageOf(first)}${at ? ` (${place})` : ''}.`]
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  // a message might quote what it was given
  return text.replace(/\b(postgres(?:ql)?:\/\/)[^\s"']*/g, '$1...')
}
