// A look at the server, the roles and the walls, from catalogs alone, so that the application's own login can take
// it. What can pass the tenant wall is `refuse`; what weakens or slows is `warn`.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Finding } from '../../core/storage/safety.ts'
import { labelOf, surveyOf } from '../../migrations/index.ts'
import type { Standing } from '../../migrations/plan.ts'
import { serverError } from './errors.ts'
import { lookAtAudit } from './inspect-audit.ts'
import { lookAtCode } from './inspect-code.ts'
import { lookAtDatabase, lookAtFunctions } from './inspect-database.ts'
import { lookAtInbox } from './inspect-inbox.ts'
import { lookAtKeys } from './inspect-keys.ts'
import { lookAtRoles, type RoleLook } from './inspect-roles.ts'
import { lookAtTables } from './inspect-tables.ts'

/** Runs one statement and answers its rows. */
export type Ask = (text: string, values?: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>

export interface InspectOptions {
  /** The location's schema. */
  readonly schema: string
  /** The host's migrations, so that its pending ones are seen too. */
  readonly folder?: string
  /** Whose rights are looked at. Default: whoever is connected (the session's login, and the role it took). */
  readonly login?: string
}

/**
 * Everything that is not as it should be, worst first; empty means nothing was found. About a dozen statements, none
 * of which writes. Before the schema exists only roles, server and pending migrations are looked at.
 */
export async function inspect(ask: Ask, options: InspectOptions): Promise<Finding[]> {
  const [server] = await ask(
    `select current_setting('server_version_num')::integer as version, current_setting('server_version') as shown,
       session_user::text as session_login, current_user::text as present_login,
       exists (select from pg_namespace where nspname = $1) as there`,
    [options.schema],
  )
  const logins = options.login ? [options.login] : [String(server?.session_login), String(server?.present_login)]
  const there = server?.there === true
  const look: RoleLook = { logins: [...new Set(logins)], schema: options.schema, version: Number(server?.version) }

  const findings = [
    ...versionFindings(look.version, String(server?.shown)),
    ...(await lookAtRoles(ask, look, there)),
    ...(await lookAtDatabase(ask, look)),
  ]
  const { found, newer } = await lookAtMigrations(ask, options)
  if (there) {
    findings.push(...(await lookAtTables(ask, look)))
    findings.push(...(await lookAtKeys(ask, look)))
    findings.push(...(await lookAtCode(ask, look)))
    findings.push(...(await lookAtAudit(ask, look)))
    findings.push(...(await lookAtInbox(ask, look)))
    findings.push(...(await lookAtFunctions(ask, newer)))
  }
  findings.push(...found)
  return worstFirst(findings)
}

export function worstFirst(findings: readonly Finding[]): Finding[] {
  const rank = { refuse: 0, warn: 1, info: 2 }
  return [...findings].sort((a, b) => rank[a.severity] - rank[b.severity])
}

/** The first minor of each major without the known ways around Row-Level Security (CVE-2026-116311, CVE-2026-120154, CVE-2026-14666). */
const FLOOR: { readonly [major: number]: number } = { 15: 20, 16: 16, 17: 12, 18: 6 }

function versionFindings(version: number, shown: string): Finding[] {
  const major = Math.floor(version / 10_000)
  const minor = version % 10_000
  if (major < 15) {
    return [
      {
        id: 'server-version',
        severity: 'warn',
        message: `PostgreSQL ${shown} is older than 15, the oldest that Freehold is tested on.`,
        remedy: 'Upgrade to PostgreSQL 15 or later.',
      },
    ]
  }
  const floor = FLOOR[major]
  if (floor === undefined || minor >= floor) return []
  return [
    {
      id: 'server-version',
      severity: 'warn',
      message: `PostgreSQL ${shown} has known ways around Row-Level Security that ${major}.${floor} closes.`,
      remedy: `Update the server to ${major}.${floor} or later.`,
    },
  ]
}

interface MigrationLook {
  readonly found: Finding[]
  /** The database holds migrations of ours that this code does not know. */
  readonly newer: boolean
}

/** Of a new database: mostly the next line of the host's applies them. */
function pendingFinding(pending: readonly Standing[], isNew: boolean): Finding {
  const states = pending.map(({ status }) =>
    status.state === 'pending' ? labelOf(status) : `${labelOf(status)} (${status.state})`,
  )
  const many = states.length === 1 ? 'One migration is' : `${states.length} migrations are`
  return isNew
    ? {
        id: 'migrations-pending',
        severity: 'warn',
        message: `The database is new: none of the ${states.length} migrations has been applied.`,
        remedy: 'npx freehold migrate up applies them, and so does freehold.migrations.apply()',
      }
    : {
        id: 'migrations-pending',
        severity: 'warn',
        message: `${many} not applied: ${states.join(', ')}.`,
        remedy: 'npx freehold migrate up, or freehold.migrations.apply()',
      }
}

async function lookAtMigrations(ask: Ask, { schema, folder }: InspectOptions): Promise<MigrationLook> {
  try {
    const survey = surveyOf({ schema, ...(folder !== undefined && { folder }) })
    const standings = await survey({ query: ask, end: () => Promise.resolve() })
    const pending = standings.filter(({ status }) => !['done', 'changed', 'unknown-to-code'].includes(status.state))
    const diverged = standings.filter(({ status }) => status.state === 'changed' || status.state === 'unknown-to-code')
    const newer = diverged.some(({ status }) => status.state === 'unknown-to-code' && status.set === 'system')
    const found: Finding[] = [
      ...diverged.map(
        ({ status }): Finding => ({
          id: 'migrations-diverged',
          severity: 'warn',
          message:
            status.state === 'changed'
              ? `The file of migration ${labelOf(status)} is not the one that ran.`
              : `The database holds migration ${labelOf(status)}, which this code does not know.`,
          remedy:
            status.state === 'changed'
              ? 'Put the file back as it was, and the change into a new one.'
              : 'Deploy the version that brought it.',
          subject: labelOf(status),
        }),
      ),
      ...(pending.length === 0 ? [] : [pendingFinding(pending, pending.length === standings.length)]),
    ]
    return { found, newer }
  } catch (error) {
    if (FreeholdError.is(error, 'MIGRATION_INVALID')) {
      const { file, problem } = error.details
      const unusable: Finding = {
        id: 'migrations-diverged',
        severity: 'warn',
        message: `The migration file ${file} is not usable: ${problem}.`,
        remedy: 'Mend or rename the file.',
        subject: file,
      }
      return { found: [unusable], newer: false }
    }
    // a login without rights on the ledger was found to be no member of the app's role
    if (serverError(FreeholdError.is(error) ? error.cause : error)?.code === '42501') return { found: [], newer: false }
    throw error
  }
}
