// The demo's post: what Freehold sends by mail or text message goes nowhere, and is shown on a page instead.

import type { Mailer, Texter } from 'freehold'
import { codeIn } from 'freehold/testing'

export interface Letter {
  readonly id: number
  readonly sentAt: Date
  readonly by: 'mail' | 'text'
  readonly to: string
  /** A text message has none. */
  readonly subject: string | null
  readonly text: string
  /** Where it leads, and what is to be typed in; null: it only tells something. */
  readonly link: string | null
  readonly code: string | null
}

export interface Inbox {
  readonly mailer: Mailer
  readonly texter: Texter
  /** The newest first. */
  letters(): readonly Letter[]
}

/** Older ones are thrown away. */
const KEPT = 100

export function createInbox(): Inbox {
  const kept: Letter[] = []
  let count = 0

  function keep(by: Letter['by'], to: string, subject: string | null, text: string): void {
    const link = /https?:\/\/\S+#token=\S+/.exec(text)?.[0] ?? null
    const code = codeIn({ text }) ?? null
    kept.unshift({ id: ++count, sentAt: new Date(), by, to, subject, text: text.trim(), link, code })
    kept.splice(KEPT)
  }

  return {
    mailer: { send: async ({ to, subject, text }) => keep('mail', to, subject, text) },
    texter: { send: async ({ to, text }) => keep('text', to, null, text) },
    letters: () => kept,
  }
}
