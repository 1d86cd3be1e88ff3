// The post: writes letters and text messages and hands them over. It goes on beside whoever posts: an answer that waited
// for it would tell by its time whether there was anybody to write to.

import { FreeholdError } from '../kernel/errors.ts'
import type { Mailer, MailKind } from '../ports/mailer.ts'
import type { Texter, TextKind } from '../ports/texter.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import { createLinks } from './links.ts'
import type { LinkKind, MailTexts, MessageFacts, MessageOptions, TextTexts } from './message.ts'
import { defaultMails, defaultTexts } from './wording.ts'

export interface Post {
  /** Are letters sent at all? */
  readonly mails: boolean
  /** Are text messages sent at all? */
  readonly texts: boolean
  /** @throws MAILER_MISSING: before anything is done that a letter must follow */
  requireMailer(): void
  /** @throws TEXTER_MISSING */
  requireTexter(): void
  /**
   * Posts a letter and answers at once. Call it after the commit of what it tells of; inside a transaction only where it is
   * held until then (notices.ts). What goes wrong is told to `onError`: whoever waits for the letter asks for another. Without
   * a mailer nothing is posted.
   */
  mail(kind: MailKind, to: string, facts: MessageFacts): void
  /** As `mail`. */
  text(kind: TextKind, to: string, facts: MessageFacts): void
  /** The link of a letter. @throws MAILER_MISSING */
  link(kind: LinkKind, tenant: Pick<Tenant, 'slug'>, token: string): string
  /** Everything that was posted has been handed over or refused, or 5 s have passed. */
  settled(): Promise<void>
}

export interface PostParts {
  readonly mailer?: Mailer | undefined
  readonly texter?: Texter | undefined
  readonly messages?: MessageOptions | undefined
  onError(error: unknown): void
}

const PATIENCE_MS = 5000

/** @throws CONFIG_INVALID */
export function createPost({ mailer, texter, messages = {}, onError }: PostParts): Post {
  checkOptions({ mailer, texter, messages, onError })
  const mails: MailTexts = { ...defaultMails, ...messages.mails }
  const texts: TextTexts = { ...defaultTexts, ...messages.texts }
  const writeLink = mailer && createLinks(messages)
  const underWay = new Set<Promise<void>>()

  /** In a turn of its own: not even what a mailer does before it first waits holds up an answer. */
  function post(send: () => Promise<void>): void {
    const sending = new Promise<void>((resolve) => {
      setImmediate(() => {
        void (async () => send())().catch(tell).then(resolve)
      })
    })
    underWay.add(sending)
    void sending.then(() => underWay.delete(sending))
  }

  function tell(error: unknown): void {
    try {
      onError(error)
    } catch {
      // nobody is left to tell
    }
  }

  return {
    mails: mailer !== undefined,
    texts: texter !== undefined,
    requireMailer() {
      if (!mailer) throw new FreeholdError('MAILER_MISSING')
    },
    requireTexter() {
      if (!texter) throw new FreeholdError('TEXTER_MISSING')
    },
    mail(kind, to, facts) {
      if (mailer) post(async () => mailer.send({ to, kind, ...mails[kind](facts) }))
    },
    text(kind, to, facts) {
      if (texter) post(async () => texter.send({ to, kind, text: texts[kind](facts) }))
    },
    link(kind, tenant, token) {
      if (!writeLink) throw new FreeholdError('MAILER_MISSING')
      return writeLink(kind, tenant, token)
    },
    async settled() {
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PATIENCE_MS)
      })
      await Promise.race([Promise.all(underWay), patience])
      clearTimeout(timer)
    },
  }
}

/** @throws CONFIG_INVALID */
function checkOptions({ mailer, texter, messages }: PostParts): void {
  if (mailer !== undefined && typeof mailer?.send !== 'function') {
    throw refused('mailer', "it has no send: nodemailer({ transport }) of 'freehold/nodemailer', or your own")
  }
  if (texter !== undefined && typeof texter?.send !== 'function') throw refused('texter', 'it has no send')
  if (typeof messages !== 'object' || messages === null) throw refused('messages', 'it is an object')
  for (const key of Object.keys(messages)) {
    if (!['baseUrl', 'paths', 'mails', 'texts'].includes(key))
      throw refused(`messages.${key}`, 'there is no such option')
  }
  checkWording('messages.mails', messages.mails, defaultMails)
  checkWording('messages.texts', messages.texts, defaultTexts)
}

function checkWording(option: string, given: object = {}, known: object): void {
  for (const [kind, wording] of Object.entries(given)) {
    if (!Object.hasOwn(known, kind)) throw refused(`${option}.${kind}`, 'there is no such message')
    if (typeof wording !== 'function') throw refused(`${option}.${kind}`, 'it is not a function')
  }
}

function refused(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option, problem })
}
