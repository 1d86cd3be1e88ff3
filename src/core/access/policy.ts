// A policy as the host sees it, and what can be done with policies.

import type { PolicyId } from '../kernel/ids.ts'
import type { Page, PageRequest } from '../kernel/page.ts'
import type { PolicyRow, PolicyVersionRow } from '../storage/policy-tables.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { PolicyEffect } from './policy-preview.ts'

export interface Policy {
  readonly id: PolicyId
  readonly key: string
  readonly description: string | null
  /** Moves on with every document that is saved. */
  readonly version: number
  readonly document: PolicyDocument
  /** False: it says nothing. */
  readonly enabled: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

export interface PolicyVersion {
  readonly version: number
  readonly document: PolicyDocument
  readonly changedBy: { readonly type: string; readonly id: string | null } | null
  readonly createdAt: Date
}

export interface NewPolicy {
  /** Unique in the tenant: 1 to 63 of a-z, 0-9, `-`, `_`, and no UUID. */
  readonly key: string
  /** At most 1,000 characters. */
  readonly description?: string
  readonly document: PolicyDocument
  /** Default true. */
  readonly enabled?: boolean
}

export interface PolicyChange {
  readonly description?: string | null
  /** Replaces the whole document. */
  readonly document?: PolicyDocument
}

export interface PolicyPlan {
  /** Left out: a policy that there is not yet. */
  readonly policy?: PolicyName
  /** Null: as if the policy were gone. */
  readonly document: PolicyDocument | null
}

/** A policy's key or id. */
export type PolicyName = string

/**
 * Bound to an actor (`acme.as(...)`), whoever writes, enables, disables or removes a policy must hold, without
 * conditions and for good, everything that it allows or denies, before and after: nobody writes a denial that takes from
 * themselves what they would need to take it back.
 */
export interface Policies {
  /**
   * @throws POLICY_TAKEN, POLICY_INVALID, CONDITION_INVALID, PERMISSION_UNKNOWN, ROLE_UNKNOWN, ROLE_SYSTEM (a denial of a system role), PRINCIPAL_UNKNOWN, TEAM_UNKNOWN, ORGANIZATION_UNKNOWN, PROJECT_UNKNOWN, RESOURCE_TYPE_UNKNOWN, GRANT_REFUSED, INPUT_INVALID
   */
  create(policy: NewPolicy): Promise<Policy>
  /** @throws POLICY_UNKNOWN */
  get(policy: PolicyName): Promise<Policy>
  /** Oldest first. */
  list(page?: PageRequest): Promise<Page<Policy>>
  /** @throws POLICY_UNKNOWN, and as `create` */
  update(policy: PolicyName, change: PolicyChange): Promise<Policy>
  /** Twice is not an error. @throws POLICY_UNKNOWN, GRANT_REFUSED */
  enable(policy: PolicyName): Promise<Policy>
  /** Twice is not an error. @throws POLICY_UNKNOWN, GRANT_REFUSED */
  disable(policy: PolicyName): Promise<Policy>
  /** Its history goes with it; the audit log keeps what it said. @throws POLICY_UNKNOWN, GRANT_REFUSED */
  remove(policy: PolicyName): Promise<void>
  /** Its documents, newest first. @throws POLICY_UNKNOWN */
  history(policy: PolicyName, page?: PageRequest): Promise<Page<PolicyVersion>>
  /**
   * What it would grant and take away, for whom, if this were saved: a new document, another one of a policy that there is,
   * or none of it (null). Saves nothing. Told of whom the documents name, at the places they name, without facts of a
   * resource or a request; page by page, of which one may be short, and only one without `next` is the last.
   * @throws POLICY_UNKNOWN, CURSOR_INVALID, and as `create`, but for GRANT_REFUSED
   */
  preview(change: PolicyPlan, page?: PageRequest): Promise<Page<PolicyEffect>>
  /** Saves the document of an older version as a new one. @throws POLICY_UNKNOWN (the version, too), and as `create` */
  restore(policy: PolicyName, version: number): Promise<Policy>
}

export function documentOf({ document }: Pick<PolicyRow, 'document'>): PolicyDocument {
  return document as unknown as PolicyDocument
}

export function policyFromRow(row: PolicyRow): Policy {
  const { id, key, description, version, enabled, created_at, updated_at } = row
  return {
    ...{ id: id as PolicyId, key, description, version, document: documentOf(row), enabled },
    createdAt: created_at,
    updatedAt: updated_at,
  }
}

export function versionFromRow(row: PolicyVersionRow): PolicyVersion {
  const { version, changed_by_type: type, changed_by_id: id, created_at } = row
  return { version, document: documentOf(row), changedBy: type === null ? null : { type, id }, createdAt: created_at }
}
