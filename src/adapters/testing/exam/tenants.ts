// The system scope: tenants, their domains, and finding a tenant by any of its names.

import { strictEqual } from 'node:assert/strict'
import { PLATFORM_TENANT_ID } from '../../../core/kernel/ids.ts'
import type { NewRow, Row } from '../../../core/storage/tables.ts'
import { refusedBy, same } from '../answers.ts'
import { examine } from '../question.ts'
import type { Room } from '../room.ts'

export const tenants = examine('tenants', [
  {
    name: 'a tenant is stored with its defaults',
    async ask(room) {
      const row = await tenant(room)
      const { id, slug, created_at, updated_at, ...rest } = row
      same(rest, {
        name: 'Exam',
        status: 'active',
        isolation_level: 'shared',
        database_host: null,
        database_port: null,
        database_name: null,
        database_schema: null,
        plan: null,
        settings: {},
        feature_flags: {},
        version: 1,
        suspended_reason: null,
        suspended_at: null,
        deleted_at: null,
      })
      same(await room.system.records.get('tenants', { id }), row)
      same(await room.system.records.get('tenants', { slug }), row)
    },
  },
  {
    name: 'findTenant by id, by slug, and by verified domain, whatever the status',
    async ask(room) {
      const { system } = room
      const row = await tenant(room)
      const domain = `${room.unique('www')}.exam.test`
      same(await system.verbs.findTenant({ id: row.id }), row)
      same(await system.verbs.findTenant({ slug: row.slug }), row)
      const [claim] = await system.records.insert('tenant_domains', [claimOf(row, domain)])
      strictEqual(await system.verbs.findTenant({ domain }), undefined)
      await system.records.update('tenant_domains', { id: claim!.id }, { verified_at: new Date() })
      same(await system.verbs.findTenant({ domain }), row)
      const [suspended] = await system.records.update('tenants', { id: row.id }, { status: 'suspended' })
      same(await system.verbs.findTenant({ domain }), suspended)
      strictEqual(await system.verbs.findTenant({ id: crypto.randomUUID() }), undefined)
      strictEqual(await system.verbs.findTenant({ slug: room.unique('none') }), undefined)
      strictEqual(await system.verbs.findTenant({ slug: row.slug.toUpperCase() }), undefined)
      strictEqual(await system.verbs.findTenant({ domain: `x.${domain}` }), undefined)
    },
  },
  {
    name: 'a slug belongs to one tenant',
    async ask(room) {
      const { slug } = await tenant(room)
      await refusedBy(tenant(room, { slug }), 'DUPLICATE', 'tenants', 'tenants_slug_key')
      await refusedBy(tenant(room, { slug: 'Not A Slug' }), 'ROW_REFUSED', 'tenants', 'tenants_slug_check')
    },
    async race(room) {
      const slug = room.unique('raced')
      const made = await Promise.allSettled(Array.from({ length: 20 }, () => tenant(room, { slug })))
      strictEqual(made.filter(({ status }) => status === 'fulfilled').length, 1)
    },
  },
  {
    name: 'many may claim a domain, one can prove it',
    async ask(room) {
      const { system } = room
      const domain = `${room.unique('www')}.exam.test`
      const [first, second] = [await tenant(room), await tenant(room)]
      const [one] = await system.records.insert('tenant_domains', [claimOf(first, domain)])
      const [two] = await system.records.insert('tenant_domains', [claimOf(second, domain)])
      const again = system.records.insert('tenant_domains', [claimOf(first, domain)])
      await refusedBy(again, 'DUPLICATE', 'tenant_domains', 'tenant_domains_tenant_id_domain_key')
      await system.records.update('tenant_domains', { id: one!.id }, { verified_at: new Date() })
      const late = system.records.update('tenant_domains', { id: two!.id }, { verified_at: new Date() })
      await refusedBy(late, 'DUPLICATE', 'tenant_domains', 'tenant_domains_verified_key')
      same((await system.verbs.findTenant({ domain }))?.id, first.id)
    },
    async race(room) {
      const { system } = room
      const domain = `${room.unique('raced')}.exam.test`
      const claims = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const [claim] = await system.records.insert('tenant_domains', [claimOf(await tenant(room), domain)])
          return claim!
        }),
      )
      const proven = await Promise.allSettled(
        claims.map(({ id }) => system.records.update('tenant_domains', { id }, { verified_at: new Date() })),
      )
      strictEqual(proven.filter(({ status }) => status === 'fulfilled').length, 1)
    },
  },
  {
    name: 'the version guards a change: who read an older one receives no row',
    async ask(room) {
      const { system } = room
      const { id, version } = await tenant(room)
      const rename = (name: string) => system.records.update('tenants', { id, version }, { name, version: { add: 1 } })
      const [renamed] = await rename('First')
      strictEqual(renamed!.version, 2)
      same(await rename('Second'), [])
      strictEqual((await system.records.get('tenants', { id }))?.name, 'First')
    },
    async race(room) {
      const { system } = room
      const { id, version } = await tenant(room)
      const changes = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          system.records.update('tenants', { id, version }, { name: `n${i}`, version: { add: 1 } }),
        ),
      )
      strictEqual(changes.flat().length, 1)
    },
  },
  {
    name: 'a domain goes with its tenant, and cannot be without one',
    async ask(room) {
      const { system } = room
      const row = await tenant(room)
      const domain = `${room.unique('www')}.exam.test`
      const orphan = system.records.insert('tenant_domains', [claimOf({ id: crypto.randomUUID() }, domain)])
      await refusedBy(orphan, 'REFERENCE_MISSING', 'tenant_domains', 'tenant_domains_tenant_id_fkey')
      await system.records.insert('tenant_domains', [claimOf(row, domain)])
      strictEqual(await system.records.remove('tenants', { id: row.id }), 1)
      strictEqual(await system.records.count('tenant_domains', { domain }), 0)
    },
  },
  {
    name: 'the platform tenant is there from the beginning',
    async ask({ system }) {
      strictEqual((await system.verbs.findTenant({ id: PLATFORM_TENANT_ID }))?.slug, 'platform')
    },
  },
  {
    name: 'settings and flags are stored as given',
    async ask(room) {
      const settings = { theme: { colour: '#fff' }, list: [1, null, 'é'] }
      const { id } = await tenant(room, { settings, feature_flags: { beta: true, old: false } })
      const row = await room.system.records.get('tenants', { id })
      same(row?.settings, settings)
      same(row?.feature_flags, { beta: true, old: false })
    },
  },
])

async function tenant(room: Room, values: Partial<NewRow<'tenants'>> = {}): Promise<Row<'tenants'>> {
  const id = crypto.randomUUID()
  const [row] = await room.system.records.insert('tenants', [
    { id, slug: room.unique('exam'), name: 'Exam', ...values },
  ])
  return row!
}

function claimOf(tenant: { readonly id: string }, domain: string): NewRow<'tenant_domains'> {
  return { id: crypto.randomUUID(), tenant_id: tenant.id, domain, verification_token: 'proof' }
}
