// The fake provider's post: what happened goes out as signed webhooks, and comes as badly as the internet lets it: twice,
// in another order, late, as snapshot or thin.

import { createHmac } from 'node:crypto'
import type { WebhookRequest, Webhooks } from '../../../core/billing/billing.ts'
import { type Happening, type Letterhead, type Shape, snapshotBody, thinBody } from './bodies.ts'

/** A letter that has not been acknowledged. */
export interface Delivery {
  readonly eventId: string
  readonly type: string
  readonly happening: Happening
  /** As it goes out next. */
  style: 'snapshot' | 'thin'
  shape: Shape
}

export interface Faults {
  /** How likely a delivery comes twice, 0 to 1. */
  readonly duplicate?: number
  /**
   * How likely a try is lost on the way, 0 to 1. The provider tries again, as it must: the last of five always arrives.
   * To lose one for good, take it out of `outbox`.
   */
  readonly drop?: number
  /** How likely it comes thin, 0 to 1. */
  readonly thin?: number
  /** How likely it comes in the shape of an old API version, 0 to 1. */
  readonly old?: number
  /** In any order. */
  readonly reorder?: boolean
  /** Chance, 0 to 1; give one that repeats itself to see the same again. Default `Math.random`. */
  readonly random?: () => number
}

export interface Delivered {
  readonly delivered: number
  /** Of these, acknowledged as known before. */
  readonly duplicates: number
  /** Not acknowledged, tried often enough, and still here. */
  readonly refused: number
}

export interface Post {
  /** In the order in which it happened. Change it at will. */
  readonly outbox: Delivery[]
  /** A delivery as bytes and headers, signed now. */
  write(delivery: Delivery): WebhookRequest & { readonly rawBody: Uint8Array }
  /** Signs any body, with any of the provider's secrets and at any time. */
  sign(rawBody: Uint8Array, options?: { readonly secret?: string; readonly atMs?: number }): WebhookRequest
  /** Takes a delivery out of the outbox once it has been acknowledged. False: it was not. */
  deliver(delivery: Delivery, webhooks: Pick<Webhooks, 'receive'>): Promise<boolean>
  deliverAll(webhooks: Pick<Webhooks, 'receive'>, faults?: Faults): Promise<Delivered>
}

/** How often `deliverAll` tries one delivery. */
const TRIES = 5

export interface PostOffice extends Letterhead {
  readonly name: string
  readonly secrets: readonly string[]
  /** When letters are signed, in milliseconds: the receiver's clock, give or take. */
  readonly now: () => number
}

export function createPost(office: PostOffice, outbox: Delivery[]): Post {
  const { name, secrets, now } = office

  const post: Post = {
    outbox,
    write(delivery) {
      const { happening, style, shape } = delivery
      const body = style === 'thin' ? thinBody(happening, office) : snapshotBody(happening, office, shape)
      const rawBody = Buffer.from(JSON.stringify(body))
      return { ...post.sign(rawBody), rawBody }
    },
    sign(rawBody, { secret = secrets[0] as string, atMs = now() } = {}) {
      const timestamp = Math.floor(atMs / 1000)
      const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody).digest('hex')
      return { rawBody, headers: new Headers({ 'stripe-signature': `t=${timestamp},v1=${signature}` }) }
    },
    async deliver(delivery, webhooks) {
      const answer = await webhooks.receive(name, post.write(delivery))
      const at = outbox.indexOf(delivery)
      if (answer.ok && at >= 0) outbox.splice(at, 1)
      return answer.ok
    },
    async deliverAll(webhooks, faults = {}) {
      const { duplicate = 0, drop = 0, thin = 0, old = 0, reorder = false, random = Math.random } = faults
      const tries = new Map<Delivery, number>()
      const lucky = (chance: number): boolean => random() < chance
      let delivered = 0
      let duplicates = 0
      for (;;) {
        const left = outbox.filter((delivery) => (tries.get(delivery) ?? 0) < TRIES)
        const next = left[reorder ? Math.floor(random() * left.length) : 0]
        if (!next) return { delivered, duplicates, refused: outbox.length }
        const tried = (tries.get(next) ?? 0) + 1
        tries.set(next, tried)
        // lost on the way; the last try always arrives
        if (tried < TRIES && lucky(drop)) continue
        if (lucky(thin)) next.style = 'thin'
        if (lucky(old)) next.shape = 'old'
        for (const again of lucky(duplicate) ? [false, true] : [false]) {
          const answer = await webhooks.receive(name, post.write(next)).catch(() => ({ ok: false }) as const)
          if (!answer.ok) break
          delivered++
          if (again || answer.duplicate) duplicates++
          const at = outbox.indexOf(next)
          if (at >= 0) outbox.splice(at, 1)
        }
      }
    },
  }
  return post
}
