// The policies of one tenant: documents that allow or deny beside the roles. Every document that one had is kept, and
// can be brought back.

import { inShort } from '../audit/in-short.ts'
import type { TenantContext } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'
import { checkInteger, checkKeys, checkText, differing, invalid, isPlainText } from '../kernel/input.ts'
import { type Listing, pageOf, pageQuery } from '../kernel/page.ts'
import type { PolicyRow, PolicyVersionRow } from '../storage/policy-tables.ts'
import type { TenantScope } from '../storage/storage.ts'
import { fromNow } from '../storage/tables.ts'
import { type AccessWriting, changeAccess, moveBook } from './changes.ts'
import { checkKey } from './key.ts'
import type { Permissions } from './permissions.ts'
import { documentOf, type Policies, type PolicyName, policyFromRow, versionFromRow } from './policy.ts'
import { checkDocument, type PolicyDocument } from './policy-document.ts'
import { demandDocument, resolveDocument } from './policy-references.ts'
import { currentBook } from './roster.ts'

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
    await moveBook(unit, tenant.id)
    await auditWriter.append(unit, actor, { action: `policy.${action}`, targets: [{ type: 'policy', id }], ...more })
  }

  /** Saves another document as the next version. */
  async function save(writing: AccessWriting, held: PolicyRow, given: PolicyDocument): Promise<PolicyRow> {
    const { unit } = writing
    const document = { ...(await resolveDocument({ records: unit.records, book: writing.book }, given)) }
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
        const document = { ...(await resolveDocument({ records: unit.records, book: writing.book }, given)) }
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

    async preview(plan, page = {}) {
      checkKeys(plan, 'plan', ['policy', 'document'])
      checkKeys(page, 'page', ['limit', 'cursor'])
      const given = plan.document === null ? undefined : checkDocument(plan.document)
      const { previewPolicy } = await import('./policy-preview.ts')
      const held = plan.policy === undefined ? undefined : await find(scope, plan.policy)
      const book = await currentBook(scope, permissions, undefined)
      const { source } = book
      const document = given && (await resolveDocument({ records: scope.records, book }, given))
      const { id, key } = held ?? { id: runtime.newId(), key: '' }
      const others = source.policies.filter((policy) => policy.id !== id)
      const policies = document ? [...others, { id, key, version: 0, document: { ...document } }] : others
      const documents = [...(held ? [documentOf(held)] : []), ...(document ? [document] : [])]
      const comparison = { before: source, after: { ...source, policies }, id, documents }
      return previewPolicy(context, permissions, comparison, page)
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
    typeof policy === 'string' && isPlainText(policy)
      ? await records.get('policies', isId(policy) ? { id: policy } : { key: policy })
      : undefined
  if (!row) throw new FreeholdError('POLICY_UNKNOWN')
  return row
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
