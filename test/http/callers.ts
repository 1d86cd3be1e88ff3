// Two tenants behind the handler, and people and programs of theirs who ask it.

import { memory } from '../../src/adapters/memory/index.ts'
import { createMailbox, type Mailbox } from '../../src/adapters/testing/index.ts'
import type { Freehold } from '../../src/core/api.ts'
import type { User } from '../../src/core/identity/user.ts'
import type { TenantHandle } from '../../src/core/tenancy/handle.ts'
import {
  createFreehold,
  definePermissions,
  type NewAssignment,
  type Organization,
  type ServiceAccount,
  type Team,
} from '../../src/index.ts'
import { quickHasher, testKeys } from '../setup/context.ts'

const permissions = definePermissions({ note: ['read', 'write'], invoice: ['read', 'refund'] })
const PASSWORD = 'a kettle orbits quietly'

/** Of nobody, and well-formed. */
export const NOBODY = '01890000-0000-7000-8000-000000000000'

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared with what is expected
export type Answer = any

export interface Caller {
  ask(method: string, path: string, body?: unknown): Promise<Answer>
}

export interface Person extends Caller {
  readonly user: User
}

export interface Program extends Caller {
  readonly account: ServiceAccount
}

export type Granted = Omit<NewAssignment, 'principal'>

export interface House extends AsyncDisposable {
  readonly freehold: Freehold
  readonly acme: TenantHandle
  readonly globex: TenantHandle
  readonly mailbox: Mailbox
  /** A user who holds this, signed in. */
  person(tenant: TenantHandle, ...granted: Granted[]): Promise<Person>
  /** A service account that holds this, with a key for all of it or for a part. */
  program(tenant: TenantHandle, part: readonly string[] | undefined, ...granted: Granted[]): Promise<Program>
  stranger(tenant: TenantHandle): Caller
}

export async function openHouse(): Promise<House> {
  const mailbox = createMailbox()
  const freehold = await createFreehold<unknown, string>({
    storage: memory(),
    keys: testKeys,
    passwordHasher: quickHasher,
    permissions,
    mailer: mailbox,
    messages: { baseUrl: 'https://{slug}.example.test' },
    tenants: { baseDomains: ['example.test'] },
    http: { rateLimits: false },
    onError: () => undefined,
  })
  const acme = await freehold.tenants.create({ slug: 'acme', name: 'Acme' })
  const globex = await freehold.tenants.create({ slug: 'globex', name: 'Globex' })
  let number = 0

  function caller({ tenant }: TenantHandle, credential?: string): Caller {
    return {
      async ask(method, path, body) {
        const headers = {
          'content-type': 'application/json',
          ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
        }
        const sent = body === undefined ? {} : { body: JSON.stringify(body) }
        const url = `http://${tenant.slug}.example.test/auth/${path}`
        const answer = await freehold.handler(new Request(url, { method, headers, ...sent }))
        const text = await answer.text()
        return { status: answer.status, ...(text === '' ? {} : JSON.parse(text)) }
      },
    }
  }

  return {
    freehold,
    acme,
    globex,
    mailbox,
    stranger: (tenant) => caller(tenant),
    async person(tenant, ...granted) {
      const user = await tenant.users.create({ email: `user${++number}@example.test`, password: PASSWORD })
      for (const terms of granted) await tenant.assignments.grant({ principal: user, ...terms })
      const signedIn = await tenant.signIn.password({ email: user.email, password: PASSWORD })
      if (!signedIn.ok) throw new Error(signedIn.reason)
      return { user, ...caller(tenant, signedIn.tokens.accessToken) }
    },
    async program(tenant, part, ...granted) {
      const account = await tenant.serviceAccounts.create({ name: `robot ${++number}` })
      for (const terms of granted) await tenant.assignments.grant({ principal: account, ...terms })
      const of = part === undefined ? {} : { permissions: part }
      const { secret } = await tenant.apiKeys.create({ serviceAccount: account, name: 'ci', ...of })
      return { account, ...caller(tenant, secret) }
    },
    [Symbol.asyncDispose]: () => freehold.close(),
  }
}

/** A tenant of two organizations with a team in each, and people who manage a part of it. */
export interface Town extends House {
  readonly north: Organization
  readonly south: Organization
  /** In the north. */
  readonly crew: Team
  /** In the south. */
  readonly guests: Team
  readonly owner: Person
  /** Manages everything in one organization, and nothing elsewhere. */
  readonly northerner: Person
  /** The same of one team. */
  readonly captain: Person
}

export async function openTown(): Promise<Town> {
  const house = await openHouse()
  const { acme, person } = house
  const north = await acme.organizations.create({ key: 'north', name: 'North' })
  const south = await acme.organizations.create({ key: 'south', name: 'South' })
  const crew = await acme.teams.create({ organization: north, key: 'crew' })
  const guests = await acme.teams.create({ organization: south, key: 'guests' })
  const manages = ['organization', 'team', 'project', 'resource', 'assignment']
  const keeping = manages.map((resource) => ({ resource, actions: ['read', 'write'] }))
  await acme.roles.create({ key: 'keeper', permissions: keeping })
  return {
    ...house,
    ...{ north, south, crew, guests },
    owner: await person(acme, { role: 'owner' }),
    northerner: await person(acme, { role: 'admin', scope: { organization: north } }),
    captain: await person(acme, { role: 'admin', scope: { team: crew } }),
  }
}

export async function outcome(answer: Promise<{ readonly status: number; readonly code?: string }>) {
  const { status, code } = await answer
  return code ? `${status} ${code}` : status
}
