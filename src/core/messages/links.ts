// Where links lead. Their host comes from the configuration alone: a request's own is chosen by whoever sends it, and a
// letter that repeats it leads the victim to the attacker (U06). No caller may name where to go on (U01).

import { isPlainPath } from '../http/routes.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import type { LinkKind, MessageOptions } from './message.ts'

/** The whole link, token and all. */
export type WriteLink = (kind: LinkKind, tenant: Pick<Tenant, 'slug'>, token: string) => string

const PATHS: Readonly<Record<LinkKind, string>> = {
  'email-verification': '/verify-email',
  'sign-in-link': '/sign-in/link',
  'password-reset': '/reset-password',
  'email-change': '/confirm-email',
  'sign-up': '/sign-up/confirm',
  invitation: '/invitation',
}
/** Any slug, where the address is tried out. */
const A_SLUG = 'acme'
const LOOPBACK = /^(?:(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])$/

/** @throws CONFIG_INVALID */
export function createLinks({ baseUrl, paths = {} }: Pick<MessageOptions, 'baseUrl' | 'paths'>): WriteLink {
  const base = baseOf(baseUrl)
  const all = { ...PATHS, ...paths }
  for (const [kind, path] of Object.entries(all)) {
    if (!Object.hasOwn(PATHS, kind)) throw refused(`messages.paths.${kind}`, 'there is no such link')
    if (typeof path !== 'string' || !isPlainPath(path)) {
      throw refused(`messages.paths.${kind}`, 'it is a path as /reset-password')
    }
  }
  return (kind, { slug }, token) => `${base.replaceAll('{slug}', slug)}${all[kind]}#token=${token}`
}

/** Without the slash at its end. @throws CONFIG_INVALID */
function baseOf(baseUrl: unknown): string {
  const option = 'messages.baseUrl'
  const problem = 'it is the address of your pages, as https://app.example.com or https://{slug}.example.com'
  if (typeof baseUrl !== 'string') throw refused(option, problem)
  let url: URL
  try {
    url = new URL(baseUrl.replaceAll('{slug}', A_SLUG))
  } catch {
    throw refused(option, problem)
  }
  const plain = baseUrl.replace(/\/$/, '')
  const spelled = `${url.origin}${url.pathname === '/' ? '' : url.pathname}`.replace(/\/$/, '')
  // user names, queries, other spellings: what a browser would read otherwise than we do
  if (/[{}]/.test(plain.replaceAll('{slug}', '')) || spelled !== plain.replaceAll('{slug}', A_SLUG))
    throw refused(option, problem)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    throw refused(option, 'it is https, or http on this machine: who reads the link can use it')
  }
  return plain
}

function refused(option: string, problem: string): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', { option, problem })
}
