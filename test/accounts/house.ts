// A house with a mailbox and a phone, on memory or on PostgreSQL.

import {
  codeIn,
  createMailbox,
  createPhone,
  type Mailbox,
  type Phone,
  tokenIn,
} from '../../src/adapters/testing/index.ts'
import type { FreeholdOptions, MailKind, TenantHandle, User } from '../../src/index.ts'
import { type House, openHouse, PASSWORD, type StorageName } from '../audit/house.ts'

export const NEW_PASSWORD = 'copper giraffe lullaby'
export { PASSWORD }

export interface Post extends House {
  readonly mailbox: Mailbox
  readonly phone: Phone
  /** What went to `onError`. */
  readonly told: unknown[]
  /** A user with `PASSWORD`; proven unless said otherwise. */
  person(acme: TenantHandle, more?: { readonly email?: string; readonly emailVerified?: boolean }): Promise<User>
  /** Forgets what was posted, also what is still on its way. */
  quiet(): Promise<void>
  /** The token in the newest letter of this kind. */
  token(kind: MailKind, to?: string): Promise<string>
  /** The code in the newest letter or text message to there. */
  code(to: string): Promise<string>
}

let made = 0

export async function openPost(
  storage: StorageName,
  options: Partial<FreeholdOptions<unknown, string>> = {},
): Promise<Post> {
  const [mailbox, phone] = [createMailbox(), createPhone()]
  const told: unknown[] = []
  const house = await openHouse(storage, {
    mailer: mailbox,
    texter: phone,
    messages: { baseUrl: 'https://{slug}.example.test' },
    onError: (error) => told.push(error),
    ...options,
  })
  return {
    ...house,
    mailbox,
    phone,
    told,
    person: (acme, { email = `p${++made}@example.test`, emailVerified = true } = {}) =>
      acme.users.create({ email, password: PASSWORD, emailVerified }),
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
