// The app: three pages and one route of its own. Signing in, sessions and refresh are Freehold's, under /auth.

import { randomBytes } from 'node:crypto'
import { type Freehold, FreeholdError } from 'freehold'
import { type FreeholdEnv, freeholdHono, freeholdOnError, requireSession } from 'freehold/hono'
import { Hono } from 'hono'
import type { Kysely } from 'kysely'
import { addNote, type DemoDatabase, listNotes, MAXIMUM_NOTE } from './notes.ts'
import { landingPage, signInPage, tenantPage } from './pages.ts'

type DemoEnv = FreeholdEnv<Kysely<DemoDatabase>>

export function createApp(freehold: Freehold<Kysely<DemoDatabase>>): Hono<DemoEnv> {
  const app = new Hono<DemoEnv>()
  app.onError(freeholdOnError(freehold))
  // the base domain itself is no tenant's: it has a page too
  app.use(freeholdHono(freehold, { withoutTenant: 'pass' }))

  app.get('/', async (c) => {
    const nonce = randomBytes(16).toString('base64')
    c.header('content-security-policy', contentSecurityPolicy(nonce))
    c.header('cache-control', 'no-store')
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'same-origin')
    const context = c.var.freehold
    if (!context) return c.html(landingPage({ nonce, port: new URL(c.req.url).port, tenants: await tenants(freehold) }))
    const { tenant, session, principal, refreshable } = context
    if (!session || !principal) return c.html(signInPage({ nonce, tenant: tenant.tenant, refreshable }))
    const [user, sessions, notes] = await Promise.all([
      tenant.users.get(principal.id),
      tenant.sessions.list(principal),
      listNotes(tenant),
    ])
    const page = { nonce, tenant: tenant.tenant, user, notes, sessions: sessions.items, currentId: session.session.id }
    return c.html(tenantPage(page))
  })

  app.get('/notes', requireSession(), async (c) => c.json({ items: await listNotes(c.var.freehold.tenant) }))

  app.post('/notes', requireSession(), async (c) => {
    const { tenant, principal } = c.var.freehold
    const body = noteOf(await c.req.json().catch(() => undefined))
    await addNote(tenant, principal!.id, body)
    return c.body(null, 201)
  })

  return app
}

/** @throws INPUT_INVALID */
function noteOf(input: unknown): string {
  const body: unknown = typeof input === 'object' && input !== null && 'body' in input ? input.body : undefined
  const text = typeof body === 'string' ? body.trim() : ''
  if (text === '' || [...text].length > MAXIMUM_NOTE) {
    throw new FreeholdError('INPUT_INVALID', { field: 'body', problem: `it is 1 to ${MAXIMUM_NOTE} characters` })
  }
  return text
}

async function tenants(freehold: Freehold<Kysely<DemoDatabase>>) {
  const { items } = await freehold.tenants.list({ status: 'active' })
  return items.filter(({ slug }) => slug !== 'platform')
}

/** Nothing is loaded from anywhere; the page's own style and script carry this answer's nonce. */
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
