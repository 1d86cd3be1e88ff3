// An assignment's row with what a test says of it, and nothing said of the rest.

import type { RoleAssignmentRow } from '../../src/core/storage/access-tables.ts'

export function assignmentRow(values: Partial<RoleAssignmentRow> & { readonly id: string; readonly role_id: string }) {
  return {
    user_id: null,
    service_account_id: null,
    team_id: null,
    everyone: false,
    organization_id: null,
    scope_team_id: null,
    project_id: null,
    resource_id: null,
    flow: 'descendants',
    starts_at: null,
    expires_at: null,
    granted_by_type: null,
    granted_by_id: null,
    reason: null,
    created_at: new Date(0),
    ...values,
  } satisfies RoleAssignmentRow
}
