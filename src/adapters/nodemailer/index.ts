// freehold/nodemailer: mail through a transport of the `nodemailer` package that the host makes.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Mailer } from '../../core/ports/mailer.ts'

/** The part of a nodemailer transport that is used: `createTransport('smtps://user:password@smtp.example.com')`. */
export interface NodemailerTransport {
  sendMail(mail: {
    from: NodemailerAddress
    to: NodemailerAddress
    subject: string
    text: string
    html?: string
    headers: Record<string, string>
    disableFileAccess: boolean
    disableUrlAccess: boolean
  }): Promise<unknown>
}

export interface NodemailerAddress {
  name: string
  address: string
}

export interface NodemailerOptions {
  readonly transport: NodemailerTransport
  /** The sender: an address, and a name where people should see one. */
  readonly from: string | { readonly name: string; readonly address: string }
}

/**
 * A `Mailer` on a nodemailer transport, whose connection, TLS and retries hold. Each letter has one recipient, is marked as
 * written by a machine (RFC 3834), and reads no file and no URL.
 * @throws CONFIG_INVALID
 */
export function nodemailer({ transport, from }: NodemailerOptions): Mailer {
  if (typeof transport?.sendMail !== 'function') {
    throw refused('nodemailer.transport', "it is what nodemailer's createTransport answers")
  }
  const sender = typeof from === 'string' ? { name: '', address: from } : from
  if (typeof sender?.address !== 'string' || !/^[^\s<>@]+@[^\s<>@]+$/.test(sender.address)) {
    throw refused('nodemailer.from', "it is an address, or { name: 'Acme', address: 'no-reply@acme.test' }")
  }
  return {
    async send({ to, subject, text, html, kind }) {
      await transport.sendMail({
        from: { name: sender.name ?? '', address: sender.address },
        // as a pair: a text would be read as a list of addresses
        to: { name: '', address: to },
        subject,
        text,
        ...(html === undefined ? {} : { html }),
        headers: { 'auto-submitted': 'auto-generated', 'x-entity-ref-id': kind },
        disableFileAccess: true,
        disableUrlAccess: true,
      })
    },
  }
}

function refused(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option, problem })
}
