// The policies of one tenant: documents that allow or deny beside the roles. Every document that one had is kept, and
// can be brought back.

import { inShort } from '../audit/in-short.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId, type PolicyId } from '../kernel/ids.ts'
import { checkInteger, checkKeys, checkText, differing, invalid } from '../kernel/input.ts'
import { type Listing, type Page, type PageRequest, pageOf, pageQuery } from '../kernel/page.ts'
import type { PolicyRow, PolicyVersionRow } from '../storage/policy-tables.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import { type AccessWriting, changeAccess } from './changes.ts'
import { checkKey } from './key.ts'
import type { Permissions } from './permissions.ts'
import { checkDocument, type PolicyDocument } from './policy-document.ts'
import { demandDocument, resolveDocument } from './policy-references.ts'

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
  /** Saves the document of an older version as a new one. @throws POLICY_UNKNOWN (the version, too), and as `create` */
  restore(policy: PolicyName, version: number): Promise<Policy>
}

const LISTING: Listing<PolicyRow> = { name: 'policies', columns: { id: 'id' } }
const HISTORY: Listing<PolicyVersionRow> = { name: 'policy-history', columns: { policy_id: 'id', version: 'number' } }
const DESCRIPTION = { minimum: 0, maximum: 1000 }
/** Of the JSON text, in an audit event, which holds two of them and more. */
const MAXIMUM_BYTES_IN_FULL = 12_288

export function createPolicies(context: TenantContext, permissions: Permissions): Policies {
  const { scope, runtime, tenant, actor, auditWriter } = context
  const by = { changed_by_type: actor.type, changed_by_id: isId(actor.id) ? actor.id : null }

  /** Of a denial that will be in force, the actor must be able to take it back. */
  function demand(writing: AccessWriting, documents: readonly PolicyDocument[], coming?: Coming): void {
    const { authority, book, source, now } = writing
    for (const document of documents) demandDocument(authority, book, document, now)
    if (coming?.document.effect !== 'deny') return
    const { id, key, document } = coming
    const others = source.policies.filter((policy) => policy.id !== id)
    const policies = [...others, { id, key, version: 0, document: { ...document } }]
    const after = writing.withSource({ ...source, policies })
    demandDocument(after.authority, after.book, document, now)
  }

  async function audit(
    { unit }: AccessWriting,
    action: 'created' | 'updated' | 'enabled' | 'disabled' | 'removed' | 'restored',
    id: string,
    more: object = {},
  ): Promise<void> {
    await unit.verbs.publish({ kind: 'access', tenantId: tenant.id })
    await auditWriter.append(unit, actor, { action: `policy.${action}`, targets: [{ type: 'policy', id }], ...more })
  }

  /** Saves another document as the next version. */
  async function save(writing: AccessWriting, held: PolicyRow, given: PolicyDocument): Promise<PolicyRow> {
    const { unit } = writing
    const document = { ...(await resolveDocument(writing, given)) }
    const before = documentOf(held)
    if (Object.keys(differing({ document: before }, { document })).length === 0) return held
    demand(writing, [before, document], held.enabled ? { ...held, document } : undefined)
    const version = held.version + 1
    const change = { document, version, updated_at: fromNow() }
    const [saved] = await unit.records.update('policies', { id: held.id }, change)
    await unit.records.insert('policy_versions', [{ policy_id: held.id, version, document, ...by }])
    return saved!
  }

  /** Enables or disables. */
  const set = (policy: PolicyName, enabled: boolean) =>
    changeAccess(context, permissions, async (writing) => {
      const held = await find(writing.unit, policy)
      if (held.enabled === enabled) return policyFromRow(held)
      const document = documentOf(held)
      demand(writing, [document], enabled ? { ...held, document } : undefined)
      const change = { enabled, updated_at: fromNow() }
      const [changed] = await writing.unit.records.update('policies', { id: held.id }, change)
      await audit(writing, enabled ? 'enabled' : 'disabled', held.id)
      return policyFromRow(changed!)
    })

  return {
    async create(policy) {
      checkKeys(policy, 'policy', ['key', 'description', 'document', 'enabled'])
      const key = checkKey(policy.key)
      const { enabled = true } = policy
      if (typeof enabled !== 'boolean') throw invalid('enabled', 'it is not true or false')
      const description =
        policy.description === undefined ? null : checkText(policy.description, 'description', DESCRIPTION)
      const given = checkDocument(policy.document)
      return changeAccess(context, permissions, async (writing) => {
        const { unit } = writing
        const document = { ...(await resolveDocument(writing, given)) }
        const row = { id: runtime.newId(), key, description, document, enabled }
        demand(writing, [document], enabled ? row : undefined)
        const [created] = await unit.records.insert('policies', [row], { onConflict: 'ignore' })
        if (!created) throw new FreeholdError('POLICY_TAKEN', { key })
        await unit.records.insert('policy_versions', [{ policy_id: row.id, version: created.version, document, ...by }])
        await audit(writing, 'created', row.id, {
          changes: { key: { to: key }, enabled: { to: enabled }, document: { to: documentInShort(document) } },
        })
        return policyFromRow(created)
      })
    },

    get: async (policy) => policyFromRow(await find(scope, policy)),

    async list(page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(LISTING, page)
      return pageOf(LISTING, query, await scope.records.find('policies', query), policyFromRow)
    },

    async update(policy, change) {
      checkKeys(change, 'change', ['description', 'document'])
      const given = change.document === undefined ? undefined : checkDocument(change.document)
      const description = change.description && checkText(change.description, 'description', DESCRIPTION)
      return changeAccess(context, permissions, async (writing) => {
        const held = await find(writing.unit, policy)
        let row = given ? await save(writing, held, given) : held
        if (description !== undefined && description !== held.description) {
          const changed = { description, updated_at: fromNow() }
          ;[row = held] = await writing.unit.records.update('policies', { id: held.id }, changed)
        }
        if (row !== held) await audit(writing, 'updated', held.id, { changes: differences(held, row) })
        return policyFromRow(row)
      })
    },

    enable: (policy) => set(policy, true),
    disable: (policy) => set(policy, false),

    async remove(policy) {
      await changeAccess(context, permissions, async (writing) => {
        const held = await find(writing.unit, policy)
        demand(writing, [documentOf(held)])
        await writing.unit.records.remove('policies', { id: held.id })
        await audit(writing, 'removed', held.id, {
          changes: { key: { from: held.key }, document: { from: documentInShort(held.document) } },
        })
      })
    },

    async history(policy, page = {}) {
      checkKeys(page, 'page', ['limit', 'cursor'])
      const query = pageQuery(HISTORY, page)
      const { id } = await find(scope, policy)
      const order = [{ by: 'version', descending: true }] as const
      const rows = await scope.records.find('policy_versions', { ...query, where: { policy_id: id }, order })
      return pageOf(HISTORY, query, rows, versionFromRow)
    },

    async restore(policy, version) {
      checkInteger(version, 'version', 1)
      return changeAccess(context, permissions, async (writing) => {
        const held = await find(writing.unit, policy)
        const old = await writing.unit.records.get('policy_versions', { policy_id: held.id, version })
        if (!old) throw new FreeholdError('POLICY_UNKNOWN')
        const row = await save(writing, held, checkDocument(old.document))
        if (row !== held)
          await audit(writing, 'restored', held.id, { details: { version }, changes: differences(held, row) })
        return policyFromRow(row)
      })
    },
  }
}

/** A policy as it will be. */
interface Coming {
  readonly id: string
  readonly key: string
  readonly document: PolicyDocument
}

/** @throws POLICY_UNKNOWN */
async function find({ records }: Pick<TenantScope, 'records'>, policy: unknown): Promise<PolicyRow> {
  const row =
    typeof policy === 'string'
      ? await records.get('policies', isId(policy) ? { id: policy } : { key: policy })
      : undefined
  if (!row) throw new FreeholdError('POLICY_UNKNOWN')
  return row
}

function documentOf({ document }: Pick<PolicyRow, 'document'>): PolicyDocument {
  return document as unknown as PolicyDocument
}

/** In full, or, where it is large, what it can be compared with. */
function documentInShort(document: object): unknown {
  return inShort(document, MAXIMUM_BYTES_IN_FULL)
}

function differences(before: PolicyRow, after: PolicyRow): Record<string, { from: unknown; to: unknown }> {
  return {
    ...(before.description === after.description
      ? {}
      : { description: { from: before.description, to: after.description } }),
    ...(before.version === after.version
      ? {}
      : { document: { from: documentInShort(before.document), to: documentInShort(after.document) } }),
  }
}

function policyFromRow(row: PolicyRow): Policy {
  const { id, key, description, version, enabled, created_at, updated_at } = row
  return {
    ...{ id: id as PolicyId, key, description, version, document: documentOf(row), enabled },
    createdAt: created_at,
    updatedAt: updated_at,
  }
}

function versionFromRow(row: PolicyVersionRow): PolicyVersion {
  const { version, changed_by_type: type, changed_by_id: id, created_at } = row
  return { version, document: documentOf(row), changedBy: type === null ? null : { type, id }, createdAt: created_at }
}
