// A mailbox and a phone for tests: they keep what they are sent.

import type { Mail, Mailer, MailKind } from '../../core/ports/mailer.ts'
import type { Text, Texter, TextKind } from '../../core/ports/texter.ts'

export interface Mailbox extends Mailer {
  /** Every letter, oldest first. */
  readonly all: readonly Mail[]
  /** The newest letter, of this kind or to this address where it is said. Letters that were just posted have arrived. */
  last(which?: { readonly kind?: MailKind; readonly to?: string }): Promise<Mail | undefined>
  /** While set, every letter is refused with it. */
  failing: Error | undefined
  clear(): void
}

export interface Phone extends Texter {
  readonly all: readonly Text[]
  last(which?: { readonly kind?: TextKind; readonly to?: string }): Promise<Text | undefined>
  failing: Error | undefined
  clear(): void
}

/** A `Mailer` that keeps letters in memory: `createFreehold({ mailer: mailbox })`. */
export function createMailbox(): Mailbox {
  return keeping<Mail>()
}

/** A `Texter` that keeps messages in memory. */
export function createPhone(): Phone {
  return keeping<Text>()
}

/** The token in the link of a letter; undefined when it has none. */
export function tokenIn(mail: Pick<Mail, 'text'> | undefined): string | undefined {
  return /#token=(\S+)/.exec(mail?.text ?? '')?.[1]
}

/** The code in a letter or a text message; undefined when it has none. */
export function codeIn(message: Pick<Text, 'text'> | undefined): string | undefined {
  return /(?<!\S)\d{6,8}(?!\S)/.exec(message?.text ?? '')?.[0]
}

function keeping<Message extends Mail | Text>() {
  const all: Message[] = []
  const box = {
    all: all as readonly Message[],
    failing: undefined as Error | undefined,
    async send(message: Message) {
      if (box.failing) throw box.failing
      all.push(message)
    },
    async last({ kind, to }: { readonly kind?: Message['kind']; readonly to?: string } = {}) {
      // a turn for what was posted, and one for whoever posts it
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
      return all.findLast(
        (message) => (kind === undefined || message.kind === kind) && (to === undefined || message.to === to),
      )
    },
    clear() {
      all.length = 0
    },
  }
  return box
}
