// Slugs: a tenant's name in URLs, and one label of a host name (RFC 1123).

import { FreeholdError } from '../kernel/errors.ts'
import { isId } from '../kernel/ids.ts'

const SHAPE = /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/
/** `xn--` and its like: what looks encoded would be shown as something else (RFC 5891, section 4.2.3.1). */
const ENCODED = /^..--/

/** Names that a host wants for itself, or that a mail or security convention gives a meaning. */
const RESERVED: ReadonlySet<string> = new Set(
  `abuse account accounts admin administrator api app apps assets auth autoconfig autodiscover billing broadcasthost cdn
  console dashboard dns docs email freehold ftp graphql health help hostmaster imap internal invite isatap localdomain
  localhost login logout mail metrics mta-sts mx no-reply noc noreply ns ns1 ns2 null oauth oidc openid ops platform pop
  pop3 portal postmaster proxy register root saml scim secure security server sftp sign-in sign-out sign-up signin
  signout signup smtp ssl ssladmin ssladministrator sslwebmaster sso staging static status support sysadmin system tenant
  tenants tls token undefined usenet uucp webhook webhooks webmail webmaster well-known wpad ws wss www www1 www2`.split(
    /\s+/,
  ),
)

/** True for what has the shape of a slug; reserved ones too, as the platform tenant's. */
export function isSlug(value: unknown): value is string {
  return typeof value === 'string' && SHAPE.test(value) && !ENCODED.test(value) && !isId(value)
}

/**
 * A slug that a tenant may take. Nothing is corrected: what differs in case only is another text.
 * @throws SLUG_INVALID
 */
export function checkSlug(value: unknown): string {
  if (!isSlug(value)) {
    const slug = typeof value === 'string' ? value.slice(0, 64) : ''
    throw new FreeholdError('SLUG_INVALID', { slug, reason: 'format' })
  }
  if (RESERVED.has(value)) throw new FreeholdError('SLUG_INVALID', { slug: value, reason: 'reserved' })
  return value
}
