// A tenant's access as a document: what can be kept in a repository, compared, and taken to another tenant. It names
// everything by key, and nothing by id.

import type { PermissionEntry } from '../../storage/access-tables.ts'
import type { PermissionCatalog } from '../permissions.ts'
import type { PolicyDocument } from '../policy-document.ts'

/** The form of the document; another one is refused. */
export const MODEL_FORMAT = 'freehold.access/1'

export interface AccessModel {
  readonly format: typeof MODEL_FORMAT
  /** What the code declared when it was written, and what the system roles hold by code: for readers, and no part of what is imported. */
  readonly code?: {
    readonly permissions: PermissionCatalog
    readonly systemRoles: Readonly<Record<string, readonly string[] | '*'>>
  }
  /** What the tenant added to the code's. */
  readonly permissions?: readonly ModelPermission[]
  readonly organizations?: readonly ModelOrganization[]
  readonly teams?: readonly ModelTeam[]
  readonly projects?: readonly ModelProject[]
  readonly roles?: readonly ModelRole[]
  readonly policies?: readonly ModelPolicy[]
  /** Who is in which team. */
  readonly members?: readonly ModelMember[]
  /** What the host registered, as far as something is held on it. */
  readonly resources?: readonly ModelResource[]
  readonly assignments?: readonly ModelAssignment[]
}

export interface ModelPermission {
  /** `report:print` */
  readonly name: string
  readonly description?: string
}

type Metadata = Readonly<Record<string, unknown>>

export interface ModelOrganization {
  readonly key: string
  readonly name: string
  readonly metadata?: Metadata
}

export interface ModelTeam {
  readonly organization: string
  readonly key: string
  readonly name: string
  /** The key of a team of the same organization. */
  readonly parent?: string
  readonly description?: string
  readonly metadata?: Metadata
}

export interface ModelProject {
  readonly organization: string
  readonly key: string
  readonly name: string
  /** The key of a team of the same organization. */
  readonly team?: string
  readonly description?: string
  readonly metadata?: Metadata
}

export interface ModelRole {
  readonly key: string
  readonly name: string
  readonly description?: string
  readonly parent?: string
  /** owner, admin, member, viewer: what stands here is added to what they hold by code. */
  readonly system?: true
  readonly permissions: readonly PermissionEntry[]
}

export interface ModelPolicy {
  readonly key: string
  readonly description?: string
  /** Left out: it is in force. */
  readonly enabled?: false
  /** With users by address, service accounts by name, roles by key, teams and projects as `organization/key`. */
  readonly document: PolicyDocument
}

/** A user by address (or by id, without one), a service account by name. */
export type ModelPerson = { readonly user: string } | { readonly serviceAccount: string }
/** A team is `organization/key`. */
export type ModelHolder = ModelPerson | { readonly team: string } | 'everyone'

export interface ModelMember {
  readonly team: string
  readonly member: ModelPerson
  readonly role?: string
  readonly permissions?: readonly PermissionEntry[]
}

/** Teams and projects as `organization/key`. */
export type ModelPlace = { readonly organization: string } | { readonly team: string } | { readonly project: string }

export interface ModelResource {
  readonly type: string
  readonly id: string
  readonly name?: string
  readonly in?: ModelPlace
  readonly metadata?: Metadata
}

export type ModelScope = ModelPlace | { readonly resource: { readonly type: string; readonly id: string } }

export interface ModelAssignment {
  readonly principal: ModelHolder
  readonly role: string
  /** Left out: the whole tenant. */
  readonly scope?: ModelScope
  /** Left out: it counts below its scope too. */
  readonly flow?: 'self'
  /** RFC 3339. */
  readonly startsAt?: string
  readonly expiresAt?: string
  readonly reason?: string
}

/** The parts that are lists, in the order in which they are written and made. */
export const MODEL_PARTS = [
  'permissions',
  'organizations',
  'teams',
  'projects',
  'roles',
  'policies',
  'members',
  'resources',
  'assignments',
] as const
export type ModelPart = (typeof MODEL_PARTS)[number]

export type ModelItem<Part extends ModelPart = ModelPart> = NonNullable<AccessModel[Part]>[number]

/** What an item is called in its part: two of the same name are the same thing. */
export function nameOfItem(part: ModelPart, item: ModelItem): string {
  const one = item as Partial<ModelTeam & ModelPermission & ModelMember & ModelResource & ModelAssignment>
  switch (part) {
    case 'permissions':
      return one.name!
    case 'teams':
    case 'projects':
      return `${one.organization}/${one.key}`
    case 'members':
      return `${nameOfHolder(one.member!)} in ${one.team}`
    case 'resources':
      return `${one.type} ${one.id}`
    case 'assignments':
      return `${nameOfHolder(one.principal!)} has ${one.role} ${nameOfScope(one.scope)}`
    default:
      return one.key!
  }
}

function nameOfHolder(holder: ModelHolder): string {
  if (holder === 'everyone') return holder
  const [kind, name] = Object.entries(holder)[0]!
  return `${kind} ${name}`
}

function nameOfScope(scope: ModelScope | undefined): string {
  if (scope === undefined) return 'everywhere'
  if ('resource' in scope) return `on ${scope.resource.type} ${scope.resource.id}`
  const [kind, name] = Object.entries(scope)[0]!
  return `in ${kind} ${name}`
}

/** The same value with the members of its objects in one order, so that equal documents are equal texts. */
export function ordered<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(ordered) as Value
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, ordered(inner)]),
  ) as Value
}
