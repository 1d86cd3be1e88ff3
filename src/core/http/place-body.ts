// Who and where, as clients name it: in bodies as our answers do, `{ "kind": "team", "id": "..." }`, and in queries by ids.

import type { Principal } from '../access/access.ts'
import type { PlaceName, PlaceOptions } from '../access/asked.ts'
import type { Holder, ScopeName } from '../access/assignment.ts'
import type { PlaceView } from '../access/place-names.ts'
import type { Resource, ResourceKey } from '../access/resources.ts'
import {
  type OrganizationId,
  type ProjectId,
  parseId,
  type ResourceId,
  type ServiceAccountId,
  type TeamId,
  type UserId,
} from '../kernel/ids.ts'
import { checkKeys, invalid } from '../kernel/input.ts'
import type { Query } from './query.ts'

interface Named {
  readonly kind?: unknown
  readonly id?: unknown
  readonly type?: unknown
  readonly externalId?: unknown
}

/** Null where that is said; undefined where nothing is. @throws ID_INVALID */
export function idField<Id extends string>(
  fields: Readonly<Record<string, unknown>>,
  field: string,
): Id | null | undefined {
  const value = fields[field]
  return value === undefined || value === null ? value : parseId<Id>(value, field)
}

/** `{ kind, id }`; undefined: the tenant. @throws INPUT_INVALID, ID_INVALID */
export function placeNamed(value: unknown, field: string): PlaceName | undefined {
  const { kind, id } = named(value, field, ['kind', 'id'])
  if (kind === 'tenant' && id === undefined) return undefined
  if (kind === 'organization') return { organization: parseId<OrganizationId>(id, `${field}.id`) }
  if (kind === 'team') return { team: parseId<TeamId>(id, `${field}.id`) }
  if (kind === 'project') return { project: parseId<ProjectId>(id, `${field}.id`) }
  throw invalid(`${field}.kind`, 'it is tenant (without id), organization, team or project')
}

/** A place; or a registered resource, by its id or as the host names it. @throws INPUT_INVALID, ID_INVALID */
export function scopeNamed(value: unknown, field: string): ScopeName | undefined {
  const { kind, ...rest } = named(value, field, ['kind', 'id', 'type', 'externalId'])
  if (kind !== 'resource') return placeNamed(value, field)
  if (rest.id === undefined) return { resource: rest as ResourceKey }
  if (rest.type !== undefined || rest.externalId !== undefined)
    throw invalid(field, 'it has an id, or type and externalId')
  return { resource: parseId<ResourceId>(rest.id, `${field}.id`) }
}

/** @throws INPUT_INVALID, ID_INVALID */
export function holderNamed(value: unknown, field: string): Holder {
  const { kind, id } = named(value, field, ['kind', 'id'])
  if (kind === 'everyone' && (id === undefined || id === null)) return { kind }
  if (kind === 'team') return { kind, id: parseId<TeamId>(id, `${field}.id`) }
  if (kind === 'user' || kind === 'service_account') return principalNamed(value, field)
  throw invalid(`${field}.kind`, 'it is user, service_account, team or everyone (without id)')
}

/** @throws INPUT_INVALID, ID_INVALID */
export function principalNamed(value: unknown, field: string): Principal {
  const { kind, id } = named(value, field, ['kind', 'id'])
  if (kind === 'user') return { kind, id: parseId<UserId>(id, `${field}.id`) }
  if (kind === 'service_account') return { kind, id: parseId<ServiceAccountId>(id, `${field}.id`) }
  throw invalid(`${field}.kind`, 'it is user or service_account')
}

/** At most one of both. @throws INPUT_INVALID, ID_INVALID */
export function principalAsked(query: Query<'userId' | 'serviceAccountId'>): Exclude<Principal, string> | undefined {
  const { userId, serviceAccountId } = query
  if (userId !== undefined && serviceAccountId !== undefined) throw invalid('userId', 'it is this or serviceAccountId')
  if (userId !== undefined) return { kind: 'user', id: parseId<UserId>(userId, 'userId') }
  if (serviceAccountId === undefined) return undefined
  return { kind: 'service_account', id: parseId<ServiceAccountId>(serviceAccountId, 'serviceAccountId') }
}

/** At most one of them: the place to list. @throws INPUT_INVALID, ID_INVALID */
export function placeAsked(query: Query<'organizationId' | 'teamId' | 'projectId'>): PlaceName | undefined {
  const kinds = (['organization', 'team', 'project'] as const).filter((kind) => query[`${kind}Id`] !== undefined)
  if (kinds.length > 1) throw invalid(`${kinds[1]!}Id`, `it is this or ${kinds[0]!}Id`)
  const [kind] = kinds
  return kind && placeNamed({ kind, id: query[`${kind}Id`] }, `${kind}Id`)
}

/** Where to ask about what is in such a place. */
export function within(place: PlaceView): PlaceOptions {
  return place.kind === 'tenant' ? {} : { [place.kind]: place.id }
}

/** Where to ask about a registered resource: what is held on just this one counts. */
export function around({ type, externalId, ...resource }: Pick<Resource, 'type' | 'externalId' | 'in'>): PlaceOptions {
  return { ...within(resource.in), on: { type, id: externalId } }
}

function named(value: unknown, field: string, keys: readonly (keyof Named)[]): Named {
  if (value === undefined) throw invalid(field, 'it is missing')
  checkKeys(value as Named, field, keys)
  return value as Named
}
