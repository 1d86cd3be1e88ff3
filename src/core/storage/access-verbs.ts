// The verbs of access, what they ask and what they answer.

import type { Row } from './tables.ts'

export interface AccessVerbs {
  /**
   * What a principal holds, with what the tenant has when the caller's is of an older version: all that a cold check
   * needs, in one query. Expired and future assignments come too: the evaluator knows their times.
   */
  loadAccess(question: AccessQuestion): Promise<AccessLoad>

  /** Those who are active, with what each has of its own: a list of people in one query, so as of one moment. */
  loadPrincipals(question: PrincipalsQuestion): Promise<PrincipalLoad[]>

  /**
   * Takes the tenant's access lock until this unit of work ends: writes of roles, assignments and the tree come one after the
   * other, so that what one of them checked still holds when it commits. Answers how many there have been, this one too.
   */
  lockAccess(): Promise<number>

  /**
   * Moves the tenant's access version on, under the access lock: what all of its principals are read with is another from now
   * on. What one principal holds has a version of its own.
   */
  moveAccess(): Promise<number>

  /**
   * Puts a team, with all that is below it, under another of its organization, or directly below that (null). One
   * statement, which refuses what would close a ring: undefined then, and where there is no such team. Moves that cross are
   * kept from closing one by the access lock, which the caller holds.
   */
  moveTeam(team: string, parent: string | null): Promise<Row<'teams'> | undefined>
}

/** Principals of one kind, in the order of their ids. */
export interface PrincipalsQuestion {
  readonly kind: PrincipalKind
  /** Those after this id; null: from the first. */
  readonly after: string | null
  readonly limit: number
  /**
   * Only who holds one of these roles by an assignment of their own or as a member of a team, is a member of one of these
   * teams, or has one of these ids. Null: all.
   */
  readonly among: {
    readonly roles: readonly string[]
    readonly teams: readonly string[]
    readonly ids: readonly string[]
  } | null
}

/** One principal with what it has of its own. */
export interface PrincipalLoad extends Pick<AccessLoad, 'assignments' | 'memberships' | 'resources'> {
  readonly id: string
  readonly principal: NonNullable<AccessLoad['principal']>
}

export interface ApiKeyLookup {
  readonly key: Row<'api_keys'>
  /** The access versions of the tenant and of the account. */
  readonly accessVersion: number
  readonly principalVersion: number
}

export type PrincipalKind = 'user' | 'service_account'

export interface AccessQuestion {
  readonly principal: { readonly kind: PrincipalKind; readonly id: string }
  /** The version of the roles that the caller has; null: none. */
  readonly knownVersion: number | null
}

export interface AccessLoad {
  /** The tenant's access version. */
  readonly version: number
  /** How many writes of access there have been in the tenant: of what has that version, and of what single principals hold. */
  readonly writes: number
  /** What the tenant's version tells of. Null: the caller's is current. */
  readonly tenant: TenantAccess | null
  /** Null: no such principal. */
  readonly principal: {
    readonly version: number
    readonly active: boolean
    /** The row as records answer it, without what never leaves the database. */
    readonly attributes: Readonly<Record<string, unknown>>
  } | null
  /** Its own; what it has through teams, or as everyone has it, is the tenant's. */
  readonly assignments: readonly Row<'role_assignments'>[]
  readonly memberships: readonly MembershipLoad[]
  /** The resources that its own assignments are on. */
  readonly resources: readonly ResourceLoad[]
}

/** What all principals of a tenant are read with. All lists go by id, or by key. */
export interface TenantAccess {
  readonly roles: readonly Row<'roles'>[]
  /** The ids of every organization. */
  readonly organizations: readonly string[]
  readonly teams: readonly Pick<Row<'teams'>, 'id' | 'organization_id' | 'parent_team_id'>[]
  readonly projects: readonly Pick<Row<'projects'>, 'id' | 'organization_id' | 'team_id'>[]
  /** Those of teams and of everyone. */
  readonly assignments: readonly Row<'role_assignments'>[]
  /** The resources that these assignments are on. */
  readonly resources: readonly ResourceLoad[]
  /** Those that are enabled. */
  readonly policies: readonly Pick<Row<'policies'>, 'id' | 'key' | 'version' | 'document'>[]
  readonly customPermissions: readonly Pick<Row<'custom_permissions'>, 'resource' | 'action'>[]
}

export type MembershipLoad = Pick<Row<'team_members'>, 'id' | 'team_id' | 'role_id' | 'permissions'>
export type ResourceLoad = Pick<Row<'resources'>, 'id' | 'type' | 'external_id'>
