// A house in which people have accounts: what a test reads in its mailbox and on its phone, and who may be told.

import { codeIn, tokenIn } from '../../src/adapters/testing/index.ts'
import type { FreeholdOptions, MailKind, TenantHandle, User } from '../../src/index.ts'
import { type House, PASSWORD, type StorageName } from '../audit/house.ts'
import { eachIn, type FactorHouse, openFactorHouse } from '../authentication/factor-house.ts'

export const NEW_PASSWORD = 'copper giraffe lullaby'
export { PASSWORD }

export interface Post extends FactorHouse {
  /** What went to `onError`. */
  readonly told: unknown[]
  /** Forgets what was posted, also what is still on its way. */
  quiet(): Promise<void>
  /** The token in the newest letter of this kind. */
  token(kind: MailKind, to?: string): Promise<string>
  /** The code in the newest letter or text message to there. */
  code(to: string): Promise<string>
}

export async function openPost(
  storage: StorageName,
  options: Partial<FreeholdOptions<unknown, string>> = {},
): Promise<Post> {
  const told: unknown[] = []
  const house = await openFactorHouse(storage, {
    messages: { baseUrl: 'https://{slug}.example.test' },
    onError: (error) => told.push(error),
    ...options,
  })
  const { mailbox, phone } = house
  return {
    ...house,
    told,
    async quiet() {
      await mailbox.last()
      mailbox.clear()
      phone.clear()
    },
    async token(kind, to) {
      const token = tokenIn(await mailbox.last({ kind, ...(to === undefined ? {} : { to }) }))
      if (token === undefined) throw new Error(`no letter ${kind} with a link`)
      return token
    },
    async code(to) {
      const code = codeIn((await mailbox.last({ to })) ?? (await phone.last({ to })))
      if (code === undefined) throw new Error(`no code for ${to}`)
      return code
    },
  }
}

/** As `eachIn`; the test has a user of its own too, and nothing was posted yet. */
export function eachInPost(
  storage: StorageName,
  ready: (post: Post, tenant: TenantHandle, user: User) => unknown,
  options: Partial<FreeholdOptions<unknown, string>> = {},
): void {
  eachIn(
    () => openPost(storage, options),
    async (post, tenant) => {
      const user = await post.person(tenant)
      post.mailbox.failing = undefined
      await post.quiet()
      post.told.length = 0
      await ready(post, tenant, user)
    },
  )
}

/** A session of the user's, by password. */
export async function enter(acme: TenantHandle, { email }: Pick<User, 'email'>, password = PASSWORD) {
  const answer = await acme.signIn.password({ email, password })
  if (!answer.ok) throw new Error(`nobody signed in: ${answer.reason}`)
  return answer
}

/** Whether the access token of a session still opens anything. */
export async function works({ freehold }: House, accessToken: string): Promise<boolean> {
  return freehold.sessions.verify(accessToken, { mode: 'database' }).then(
    () => true,
    () => false,
  )
}

/** Another character somewhere in the secret: still well-formed, and made by nobody. */
export function tampered(token: string): string {
  const at = token.length - 30
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}
