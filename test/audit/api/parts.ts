// What the walk through the API stands on: the world it is done in, what a table of methods says, and what is made
// ready before a method is called.

import { codeIn, type FakeProvider, type Mailbox, type Phone, tokenIn } from '../../../src/adapters/testing/index.ts'
import { PLATFORM_TENANT_ID, type TenantHandle, type UserId } from '../../../src/index.ts'
import { Authenticator } from '../../passkeys/authenticator.ts'
import { type House, PASSWORD } from '../house.ts'

/** What the walk is done in. */
export interface World extends House {
  readonly fake: FakeProvider
  /** A price of the fake's, and the plan it buys. */
  readonly price: { readonly id: string; readonly plan: string }
  /** What DNS says. */
  readonly dns: Map<string, string[][]>
  readonly mailbox: Mailbox
  readonly phone: Phone
  /** Never to be read in the log. */
  readonly secrets: Set<string>
}

export type Entry<On> =
  | 'reads'
  | { readonly exempt: string }
  | {
      /** What is written, once; a list where one call does several things. */
      readonly writes: string | readonly string[]
      readonly into?: 'platform'
      /** Who acts, where it is not the one whom the rooms are bound to. */
      readonly by?: 'user' | 'provider'
      /** Makes ready what is acted on; nothing of it counts. */
      readonly given?: (world: World, handle: TenantHandle) => Promise<unknown>
      readonly act: (on: On, given: never, world: World) => Promise<unknown>
      /** The same again changes nothing, and writes nothing. */
      readonly again?: 'nothing'
      /** Why it is no part of a surrounding transaction. */
      readonly apart?: string
      /** Why something of it remains when its event cannot be written. */
      readonly remains?: string
    }

export type Table<On> = Readonly<Record<string, Entry<On>>>

/** Those that change something. */
export function mutations<On>(table: Table<On>): [string, Exclude<Entry<On>, 'reads' | { exempt: string }>][] {
  return Object.entries(table).flatMap(([method, entry]) =>
    entry !== 'reads' && 'writes' in entry ? [[method, entry]] : [],
  )
}

/** In whose name everything is done. */
export const OPERATOR = { type: 'operator', id: '01890a5d-ac96-774b-bcce-b302099a8057', requestId: 'walk-1' } as const

let made = 0
export const name = (kind: string): string => `${kind}${++made}`
export const user = (_: World, { users }: TenantHandle) =>
  users.create({ email: `${name('u')}@example.test`, password: PASSWORD })
export const disabled = async (world: World, handle: TenantHandle) => handle.users.disable(await user(world, handle))
export const signedIn = async (world: World, handle: TenantHandle) => {
  const { email } = await user(world, handle)
  const answer = await handle.signIn.password({ email, password: PASSWORD })
  if (!answer.ok) throw new Error('nobody signed in')
  world.secrets.add(answer.tokens.accessToken).add(answer.tokens.refreshToken)
  return answer
}
export type SignedIn = Awaited<ReturnType<typeof signedIn>>
export const removed = async ({ freehold }: World, handle: TenantHandle) => {
  await freehold.tenants.remove(handle)
  return handle
}
/** The page that passkeys are used on. */
export const PAGE = { origin: 'https://app.example.test' }
export const registering = async (world: World, handle: TenantHandle) => {
  const owner = await user(world, handle)
  const authenticator = new Authenticator()
  const options = await handle.passkeys.registrationOptions(owner)
  world.secrets.add(options.challenge)
  return { owner, authenticator, response: authenticator.create(options, PAGE) }
}
export type Registering = Awaited<ReturnType<typeof registering>>
export const equipped = async (world: World, handle: TenantHandle) => {
  const { owner, authenticator, response } = await registering(world, handle)
  return { owner, authenticator, passkey: await handle.passkeys.register(owner, { response }) }
}
export type Equipped = Awaited<ReturnType<typeof equipped>>
export const asserting = async (world: World, handle: TenantHandle) => {
  const { authenticator } = await equipped(world, handle)
  return authenticator.get(await handle.signIn.passkey.options(), PAGE)
}
export const ROLE = { name: 'Clerk', permissions: [{ resource: 'note', actions: ['read'] }] }
export const role = (_: World, { roles }: TenantHandle) => roles.create({ key: name('role'), ...ROLE })
export const granted = async (world: World, handle: TenantHandle) => {
  const { key } = await role(world, handle)
  return handle.assignments.grant({ principal: await user(world, handle), role: key })
}
export const organization = (_: World, { organizations }: TenantHandle) =>
  organizations.create({ key: name('org'), name: 'Org' })
export const account = (_: World, { serviceAccounts }: TenantHandle) => serviceAccounts.create({ name: name('robot') })
export const apiKey = async (world: World, handle: TenantHandle) => {
  const issued = await handle.apiKeys.create({ serviceAccount: await account(world, handle), name: 'ci' })
  world.secrets.add(issued.secret)
  return issued.apiKey
}
export const claimed = async ({ dns, secrets }: World, { domains }: TenantHandle) => {
  const domain = await domains.add(`${name('d')}.example.test`)
  dns.set(domain.proof.record, [[domain.proof.value]])
  secrets.add(domain.proof.value.replace('freehold-verification=', ''))
  return domain
}
/** The operator is hired: a user of the platform tenant who may enter others. */
export const hired = async ({ freehold, storage }: World) => {
  const { records } = storage.tenant({ id: PLATFORM_TENANT_ID, location: storage.sharedLocation })
  const address = 'operator@example.test'
  await records.insert('users', [{ id: OPERATOR.id, email: address, email_norm: address }], { onConflict: 'ignore' })
  const platform = await freehold.tenant(PLATFORM_TENANT_ID)
  const held = await platform.assignments.list({ principal: OPERATOR.id as UserId })
  if (held.items.length === 0) await platform.assignments.grant({ principal: OPERATOR.id as UserId, role: 'admin' })
}
export const actedAs = async (world: World, handle: TenantHandle) => {
  await hired(world)
  const one = await user(world, handle)
  const opened = await handle.as(OPERATOR).impersonation.start({ user: one, reason: 'a ticket' })
  world.secrets.add(opened.tokens.accessToken).add(opened.tokens.refreshToken)
  return opened.session
}
/** A subscription that the provider has told of, and nobody has applied. */
export const told = async ({ freehold, fake, price }: World, handle: TenantHandle) => {
  const { providerCustomerId } = await handle.billing.customer('fake')
  fake.subscribe(providerCustomerId, [{ priceId: price.id }])
  await fake.deliverAll(freehold.webhooks)
}
export const ATTEMPT = 'a provider is told of it, and no rollback of ours takes that back'
/** The token in the newest letter to there. */
export const mailed = async ({ mailbox, secrets }: World, to: string): Promise<string> => {
  const token = tokenIn(await mailbox.last({ to })) ?? ''
  secrets.add(token)
  return token
}
/** The code in the newest message to there. */
export const coded = async ({ mailbox, phone, secrets }: World, to: string): Promise<string> => {
  const code = codeIn((await mailbox.last({ to })) ?? (await phone.last({ to }))) ?? ''
  secrets.add(code)
  return code
}
export const SENT = 'what was sent cannot be taken back, and an attempt counts whatever becomes of it'
