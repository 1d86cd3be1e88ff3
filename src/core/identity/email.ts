// E-mail addresses: normalised first, then validated, so that no form passes the check and becomes another address
// later (GHSA-7rqj-j65f-68wh). Two spellings are one address when their `emailNorm` is the same.

import { domainToASCII } from 'node:url'
import { FreeholdError } from '../kernel/errors.ts'

export interface EmailAddress {
  /** Where mail goes: as it was given, trimmed, in NFKC. Not the NFC form, whose mailbox could be another than the one compared. */
  readonly email: string
  /** As it is compared: NFKC, lower case, the domain in ASCII. Dots and plus signs mean what they say. */
  readonly emailNorm: string
}

/** Longer than any address that can be delivered to; nothing longer is looked at. */
const MAXIMUM_EMAIL = 320
/** RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3 (a path has two more octets, its angle brackets). */
const MAXIMUM_LOCAL_OCTETS = 64
const MAXIMUM_OCTETS = 254

/** Controls, lone surrogates, white space, and everything that shows as nothing at all. */
const UNSEEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u
/** A dot-atom of RFC 5322 with the letters of RFC 6531. A quoted local part is mail's past and many a parser's end. */
const LOCAL = /^[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\u0080-\u{10ffff}-]+)*$/u
/** What may stand in a domain before it is turned into ASCII: percent signs, ports and the like would be read as parts of a URL. */
const DOMAIN = /^[a-z0-9.\u0080-\u{10ffff}-]+$/iu
/** Two labels at least, and a last one that is no number: no IP address (RFC 1123, section 2.1). */
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** @throws EMAIL_INVALID, which never repeats what was given */
export function parseEmail(input: unknown): EmailAddress {
  const address = readEmail(input)
  if (!address) throw new FreeholdError('EMAIL_INVALID')
  return address
}

/** As `parseEmail`; undefined when this is not an address. */
export function readEmail(input: unknown): EmailAddress | undefined {
  if (typeof input !== 'string' || input.length > MAXIMUM_EMAIL) return undefined
  const given = input.trim()
  // a sign that only becomes an @ in NFKC is not one: another parser would split the address elsewhere (A01)
  if (given.split('@').length !== 2 || UNSEEN.test(given)) return undefined

  const email = given.normalize('NFKC')
  const [local = '', domain = '', ...more] = email.split('@')
  if (more.length > 0 || UNSEEN.test(email) || !LOCAL.test(local) || !DOMAIN.test(domain)) return undefined
  const host = domainToASCII(domain)
  if (host.length > 253 || !HOST.test(host)) return undefined
  const localNorm = local.toLowerCase().normalize('NFKC')
  const emailNorm = `${localNorm}@${host}`
  if (Buffer.byteLength(local) > MAXIMUM_LOCAL_OCTETS || Buffer.byteLength(localNorm) > MAXIMUM_LOCAL_OCTETS)
    return undefined
  if (Buffer.byteLength(email) > MAXIMUM_EMAIL || emailNorm.length > MAXIMUM_OCTETS) return undefined
  return { email, emailNorm }
}
