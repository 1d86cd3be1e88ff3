// The port's scopes on a link: records, verbs and transactions of one tenant, or of the system.

import type { Kysely } from 'kysely'
import { inControlDatabase } from '../../core/storage/control-database.ts'
import type { Records } from '../../core/storage/records.ts'
import type {
  Location,
  SystemScope,
  SystemUnit,
  TenantRef,
  TenantScope,
  TenantUnit,
} from '../../core/storage/storage.ts'
import type { SystemTableName, TenantTableName } from '../../core/storage/tables.ts'
import type { TenantVerbs } from '../../core/storage/verbs.ts'
import { type AuditAppend, createAuditAppend } from './audit-verbs.ts'
import { systemCatalog, tenantCatalog } from './column-values.ts'
import { createHostDb, createReadDb } from './host-db.ts'
import type { SendAfter } from './inbox-verbs.ts'
import type { Link, Send, Statement, Unit } from './link.ts'
import type { Gather } from './mirror-verbs.ts'
import { createKyselyLoader, type KyselyLoader, type KyselyPackage } from './packages.ts'
import { createRecordStatements } from './record-statements.ts'
import { createRecords } from './records.ts'
import { sessionVerbs } from './session-verbs.ts'
import { type BeginSignIn, createBeginSignIn } from './sign-in-verbs.ts'
import { type SendAll, takeSteps } from './steps.ts'
import { createTexts, type Texts } from './texts.ts'
import { createSystemVerbs, createTenantVerbs, type Place, placeOf, type Together } from './verbs.ts'

export interface Scopes<HostTables> {
  tenant(tenantId: string): TenantScope<Kysely<HostTables>>
  readonly system: SystemScope<Kysely<HostTables>>
}

/** @param control where the system's tables are, and those of the tenants that share them */
export function createScopes<HostTables>(link: Link, control: Location): Scopes<HostTables> {
  const kysely = createKyselyLoader()
  const { schema } = control
  const place = placeOf(schema)
  const ground: Ground = {
    link,
    control,
    place,
    kysely,
    texts: createTexts(schema, kysely),
    append: createAuditAppend(place.quoted),
    begin: createBeginSignIn(place.quoted),
  }
  return {
    tenant: (tenantId) => tenantScope(ground, tenantId),
    system: systemScope(ground),
  }
}

interface Ground {
  readonly link: Link
  readonly control: Location
  readonly place: Place
  readonly kysely: KyselyLoader
  readonly texts: Texts
  readonly append: AuditAppend
  readonly begin: BeginSignIn
}

function tenantScope<HostTables>(ground: Ground, tenantId: string, unit?: Unit): TenantScope<Kysely<HostTables>> {
  const { link, place, texts, append, begin } = ground
  const send: Send = unit ? unit.send : (statement) => link.one(tenantId, statement)
  const ride = unit ? async (statement: Statement) => unit.ride(statement) : send
  const transactional = unit !== undefined
  // a transaction uses one thing or the other, and most are short
  let records: Records<TenantTableName> | undefined
  let verbs: TenantVerbs | undefined
  return {
    get records() {
      records ??= createRecords<TenantTableName>({ send, tenantId, catalog: tenantCatalog, texts, transactional })
      return records
    },
    get verbs() {
      verbs ??= {
        ...sessionVerbs(send, place.name, tenantId),
        ...createTenantVerbs({ send, together: together(link, tenantId, unit), ride, append, begin }, place, tenantId),
      }
      return verbs
    },
    transaction: (work) =>
      within(ground, tenantId, unit, (inner, kysely) => work(tenantUnit(ground, tenantId, inner, kysely))),
    atOnce(steps) {
      const say = createRecordStatements({ tenantId, catalog: tenantCatalog, texts })
      const sendAll: SendAll = (statements) =>
        unit
          ? unit.part((part) => part.gather(statements.map((statement) => ({ tenantId, statement }))))
          : link.all(tenantId, statements)
      return takeSteps({ say, place, tenantId, append }, sendAll, steps)
    },
    async read(work) {
      const kysely = ground.kysely.loaded ?? (await ground.kysely.load())
      const one = (query: Statement, before: Statement) => link.one(tenantId, query, before)
      return work(unit ? createHostDb<HostTables>(kysely, unit) : createReadDb<HostTables>(kysely, one))
    },
  }
}

function tenantUnit<HostTables>(
  ground: Ground,
  tenantId: string,
  unit: Unit,
  kysely: KyselyPackage,
): TenantUnit<Kysely<HostTables>> {
  return withDb<HostTables, TenantScope<Kysely<HostTables>>>(tenantScope(ground, tenantId, unit), kysely, unit)
}

function systemScope<HostTables>(ground: Ground, unit?: Unit): SystemScope<Kysely<HostTables>> {
  const { link, place, texts } = ground
  const send: Send = unit ? unit.send : (statement) => link.one(null, statement)
  const ride = unit ? async (statement: Statement) => unit.ride(statement) : send
  const sendAfter: SendAfter = async (before, statement) => {
    if (!unit) return link.one(null, statement, before)
    unit.ride(before)
    return unit.send(statement)
  }
  const gather: Gather = (statements) =>
    unit ? unit.gather(statements) : link.unit(null, (whole) => whole.gather(statements))
  const owned = (ref: TenantRef): string => inControlDatabase(ref, ground.control).id
  const transactional = unit !== undefined
  return {
    records: createRecords<SystemTableName>({ send, tenantId: null, catalog: systemCatalog, texts, transactional }),
    verbs: createSystemVerbs({ send, ride, sendAfter, gather, owned }, place),
    transaction: (work) => within(ground, null, unit, (inner, kysely) => work(systemUnit(ground, inner, kysely))),
  }
}

function systemUnit<HostTables>(ground: Ground, unit: Unit, kysely: KyselyPackage): SystemUnit<Kysely<HostTables>> {
  const scope: SystemScope<Kysely<HostTables>> = systemScope(ground, unit)
  const tenant = (ref: TenantRef): TenantUnit<Kysely<HostTables>> => {
    const { id } = inControlDatabase(ref, ground.control)
    return tenantUnit(ground, id, unit.as(id), kysely)
  }
  return withDb<HostTables, Omit<SystemUnit<Kysely<HostTables>>, 'db'>>({ ...scope, tenant }, kysely, unit)
}

/** A transaction of its own, or a part of the one under way. */
async function within<R>(
  { link, kysely }: Ground,
  tenantId: string | null,
  unit: Unit | undefined,
  work: (inner: Unit, kysely: KyselyPackage) => Promise<R>,
): Promise<R> {
  const loaded = kysely.loaded ?? (await kysely.load())
  const run = (inner: Unit): Promise<R> => work(inner, loaded)
  return unit ? unit.part(run) : link.unit(tenantId, run)
}

function together(link: Link, tenantId: string, unit: Unit | undefined): Together {
  return (work) => (unit ? unit.part((part) => work(part.send)) : link.unit(tenantId, (whole) => work(whole.send)))
}

/** The scope of a transaction, with the host's handle, which is made when it is first asked for. */
function withDb<HostTables, Scope extends object>(
  scope: Scope,
  kysely: KyselyPackage,
  unit: Unit,
): Scope & { readonly db: Kysely<HostTables> } {
  let db: Kysely<HostTables> | undefined
  const get = (): Kysely<HostTables> => {
    db ??= createHostDb<HostTables>(kysely, unit)
    return db
  }
  return Object.defineProperty(scope, 'db', { enumerable: true, get }) as Scope & { readonly db: Kysely<HostTables> }
}
