// Letters that ask for nothing: they tell the owner of an account what was done to it, so that somebody who should not
// have done it is found out (ASVS 5.0, V6.3.5 and V6.3.7). Each belongs to the transaction that it tells of, and is
// posted once that has committed, and never if it does not.

import type { TenantContext } from '../context.ts'
import type { NoticeKind } from '../ports/mailer.ts'
import type { TenantUnit } from '../storage/storage.ts'
import type { UserRow } from '../storage/tenant-tables.ts'
import type { MessageFacts } from './message.ts'
import type { Post } from './post.ts'

/** To a proven address alone: whoever registered another one's address is not told what becomes of it, and neither is its owner. */
export function notify(
  { post, tenant }: Pick<TenantContext, 'post' | 'tenant'>,
  { email, email_verified_at: verifiedAt }: Pick<UserRow, 'email' | 'email_verified_at'>,
  kind: NoticeKind,
  facts: Omit<MessageFacts, 'tenant'> = {},
): void {
  if (verifiedAt !== null) post.mail(kind, email, { tenant, ...facts })
}

/**
 * A transaction, and the letters of what was done in it. As part of another transaction it hands them to that one. What
 * posts inside of it posts nothing yet: a letter that was posted cannot be taken back.
 */
export async function posting<R, Db>(
  context: TenantContext<Db>,
  work: (inside: TenantContext<Db> & { readonly scope: TenantUnit<Db> }) => Promise<R>,
): Promise<R> {
  const { post, release } = held(context.post)
  const answer = await context.scope.transaction((unit) => work({ ...context, post, scope: unit }))
  release()
  return answer
}

/** A post that keeps what it is given until it is released. */
function held(post: Post): { readonly post: Post; release(): void } {
  const kept: (() => void)[] = []
  return {
    post: {
      ...post,
      mail: (...letter) => void kept.push(() => post.mail(...letter)),
      text: (...message) => void kept.push(() => post.text(...message)),
    },
    release() {
      for (const send of kept.splice(0)) send()
    },
  }
}
