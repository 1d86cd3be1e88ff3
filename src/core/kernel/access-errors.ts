// What access says no with: who may do what, and the tree that it is said of. A part of the catalog.

type Nothing = Record<string, never>

export interface CatalogEntry {
  /** HTTP status (RFC 9110). */
  readonly status: number
  /** One short sentence without its full stop. */
  readonly title: string
  /** False: the details are for logs, and the HTTP problem leaves them out. Default true. */
  readonly exposed?: false
}

export interface AccessErrorDetails {
  PERMISSION_UNKNOWN: { permission: string }
  PRINCIPAL_UNKNOWN: Nothing
  ROLE_UNKNOWN: { role: string }
  ROLE_TAKEN: { key: string }
  ROLE_CYCLE: { roles: readonly string[] }
  ROLE_SYSTEM: { key: string }
  ROLE_IN_USE: { key: string }
  CONDITION_INVALID: { path: string; problem: string }
  PERMISSION_TAKEN: { permission: string }
  PERMISSION_IN_USE: { permission: string }
  POLICY_UNKNOWN: Nothing
  POLICY_TAKEN: { key: string }
  POLICY_INVALID: { path: string; problem: string }
  MODEL_INVALID: { path: string; problem: string }
  REVISION_INVALID: { reason: 'malformed' | 'tenant' | 'ahead' }
  ORGANIZATION_UNKNOWN: Nothing
  ORGANIZATION_TAKEN: { key: string }
  LAST_ORGANIZATION: Nothing
  TEAM_UNKNOWN: Nothing
  TEAM_TAKEN: { key: string }
  TEAM_CYCLE: Nothing
  TEAM_IN_USE: { teams: number; members: number; projects: number; resources: number }
  MEMBER_UNKNOWN: Nothing
  MEMBER_TAKEN: Nothing
  PROJECT_UNKNOWN: Nothing
  PROJECT_TAKEN: { key: string }
  RESOURCE_UNKNOWN: Nothing
  RESOURCE_TAKEN: { type: string; externalId: string }
  RESOURCE_TYPE_UNKNOWN: { type: string }
  SERVICE_ACCOUNT_TAKEN: { name: string }
  ASSIGNMENT_UNKNOWN: Nothing
  FORBIDDEN: { permission: string }
  GRANT_REFUSED: { missing: readonly string[] }
  LAST_OWNER: Nothing
}

export const accessErrors: { readonly [C in keyof AccessErrorDetails]: CatalogEntry } = {
  PERMISSION_UNKNOWN: { status: 500, title: 'No such permission is declared', exposed: false },
  PRINCIPAL_UNKNOWN: { status: 404, title: 'No such user or service account' },
  ROLE_UNKNOWN: { status: 404, title: 'No such role' },
  ROLE_TAKEN: { status: 409, title: 'Another role has this key' },
  ROLE_CYCLE: { status: 422, title: 'A role cannot inherit from itself' },
  ROLE_SYSTEM: { status: 409, title: 'A system role keeps this' },
  ROLE_IN_USE: { status: 409, title: 'The role is assigned, or a parent of others' },
  CONDITION_INVALID: { status: 422, title: 'A condition is not one that can be evaluated' },
  PERMISSION_TAKEN: { status: 409, title: 'There is a permission of this name' },
  PERMISSION_IN_USE: { status: 409, title: 'A role, a policy or a membership names the permission' },
  POLICY_UNKNOWN: { status: 404, title: 'No such policy' },
  POLICY_TAKEN: { status: 409, title: 'Another policy has this key' },
  POLICY_INVALID: { status: 422, title: 'A policy says something that it cannot' },
  MODEL_INVALID: { status: 422, title: 'The document is not one of access, or does not fit the tenant' },
  REVISION_INVALID: { status: 400, title: 'The revision is not one of this tenant, or one still to come' },
  ORGANIZATION_UNKNOWN: { status: 404, title: 'No such organization' },
  ORGANIZATION_TAKEN: { status: 409, title: 'Another organization has this key' },
  LAST_ORGANIZATION: { status: 409, title: 'A tenant keeps at least one organization' },
  TEAM_UNKNOWN: { status: 404, title: 'No such team' },
  TEAM_TAKEN: { status: 409, title: 'Another team of the organization has this key' },
  TEAM_CYCLE: { status: 422, title: 'A team cannot be below itself' },
  TEAM_IN_USE: { status: 409, title: 'There are members, or other teams, projects or resources, in the team' },
  MEMBER_UNKNOWN: { status: 404, title: 'No such member of the team' },
  MEMBER_TAKEN: { status: 409, title: 'Whoever this is, is in the team already' },
  PROJECT_UNKNOWN: { status: 404, title: 'No such project' },
  PROJECT_TAKEN: { status: 409, title: 'Another project of the organization has this key' },
  RESOURCE_UNKNOWN: { status: 404, title: 'No such resource' },
  RESOURCE_TAKEN: { status: 409, title: 'This resource is registered already' },
  RESOURCE_TYPE_UNKNOWN: { status: 404, title: 'No permission is about such a resource' },
  SERVICE_ACCOUNT_TAKEN: { status: 409, title: 'Another service account has this name' },
  ASSIGNMENT_UNKNOWN: { status: 404, title: 'No such assignment' },
  FORBIDDEN: { status: 403, title: 'This is not permitted' },
  GRANT_REFUSED: { status: 403, title: 'Nobody grants or takes what they do not hold' },
  LAST_OWNER: { status: 409, title: 'A tenant keeps at least one owner' },
}
