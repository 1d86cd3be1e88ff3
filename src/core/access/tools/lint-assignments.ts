// Assignments whose time has passed.

import type { Row } from '../../storage/tables.ts'
import type { Linted, LintFinding } from './lint.ts'
import type { ModelNames } from './model-names.ts'

export function lintAssignments({ rows, names, now }: Linted): LintFinding[] {
  const over = rows.assignments.filter(({ expires_at: ends }) => ends !== null && ends.getTime() <= now)
  return over.map((row) => ({
    code: 'assignment-over',
    severity: 'info',
    path: `assignments/${row.id}`,
    message: `${holderName(row, names)} had the role ${names.role(row.role_id)} until ${row.expires_at?.toISOString()}.`,
    remedy: 'Revoke the assignment, or grant it again.',
  }))
}

function holderName(row: Row<'role_assignments'>, names: ModelNames): string {
  if (row.user_id !== null) return `The user ${names.user(row.user_id)}`
  if (row.service_account_id !== null) return `The service account ${names.serviceAccount(row.service_account_id)}`
  return row.team_id === null ? 'Everyone' : `The team ${names.team(row.team_id)}`
}
