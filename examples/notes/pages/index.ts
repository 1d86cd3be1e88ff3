// The pages by path, and how one is answered: rendered on the server, with headers under which nothing is loaded from
// anywhere.

import { randomBytes } from 'node:crypto'
import { FreeholdError } from 'freehold'
import type { Context } from '../notes.ts'
import type { Demo } from '../open.ts'
import { accessPage } from './access.ts'
import { auditPage } from './audit.ts'
import type { Html } from './html.ts'
import { tenantPage } from './layout.ts'
import { membersPage } from './members.ts'
import { notesPage } from './notes.ts'
import { payPage, planPage } from './plan.ts'
import { sessionsPage } from './sessions.ts'
import { landingPage, problemPage, signInPage } from './sign-in.ts'

interface Room {
  readonly title: string
  show(context: Context, url: URL): Promise<Html>
}

const rooms: Readonly<Record<string, Room>> = {
  '/': { title: 'Notes', show: notesPage },
  '/members': { title: 'Members', show: membersPage },
  '/access': { title: 'Access', show: accessPage },
  '/audit': { title: 'Audit', show: auditPage },
  '/plan': { title: 'Plan', show: planPage },
  '/sessions': { title: 'Sessions', show: sessionsPage },
}

/** Where there is a page. */
export const pagePaths: readonly string[] = [...Object.keys(rooms), '/pay']

export interface ShownPage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The page at `url`, for whoever asks. Rejects with what is no refusal. */
export async function showPage(demo: Demo, context: Context | undefined, url: URL): Promise<ShownPage> {
  const nonce = randomBytes(16).toString('base64')
  try {
    const body = await render(demo, context, url, nonce)
    return { status: 200, headers: pageHeaders(nonce), body: body.text }
  } catch (error) {
    if (!FreeholdError.is(error) || error.status >= 500) throw error
    return problem(error.toProblem(), nonce, context)
  }
}

/** A refusal that came before there was a context, as of a suspended tenant. */
export function showProblem(refusal: { readonly status: number; readonly title: string }): ShownPage {
  return problem(refusal, randomBytes(16).toString('base64'), undefined)
}

async function render(demo: Demo, context: Context | undefined, url: URL, nonce: string): Promise<Html> {
  if (!context) return landingPage({ nonce, port: url.port, tenants: await tenants(demo) })
  const { tenant, session, refreshable } = context
  if (!session) return signInPage({ nonce, tenant: tenant.tenant, refreshable })
  if (url.pathname === '/pay') {
    context.require('billing:write')
    return payPage({ nonce, checkout: url.searchParams.get('checkout') ?? '', name: tenant.tenant.name })
  }
  const room = rooms[url.pathname]
  if (!room) throw new FreeholdError('ROUTE_UNKNOWN')
  const { name, email } = await tenant.users.get(session.principal.id)
  const content = await room.show(context, url)
  const who = name ? `${name}, ${email}` : email
  return tenantPage({ nonce, context, who, path: url.pathname, title: room.title, content })
}

function problem({ status, title }: { status: number; title: string }, nonce: string, context?: Context): ShownPage {
  const tenant = context?.tenant.tenant.slug ?? ''
  const body = problemPage({ nonce, title, tenant, back: context?.principal !== undefined })
  return { status, headers: pageHeaders(nonce), body: body.text }
}

async function tenants({ freehold }: Demo) {
  const { items } = await freehold.tenants.list({ status: 'active' })
  return items.filter(({ slug }) => slug !== 'platform')
}

/** Nothing is loaded from anywhere; the page's own style and script carry this answer's nonce. */
function pageHeaders(nonce: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
  }
}
