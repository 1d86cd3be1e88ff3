// The app: three pages and one route of its own. Signing in, sessions and refresh are Freehold's, under /auth.

import { randomBytes } from 'node:crypto'
import { type Freehold, FreeholdError } from 'freehold'
import { type FreeholdEnv, freeholdHono, freeholdOnError, requireSession } from 'freehold/hono'
import { Hono } from 'hono'
import type { Kysely } from 'kysely'
import { addNote, type DemoDatabase, listNotes, MAXIMUM_NOTE } from './notes.ts'
import { landingPage, problemPage, signInPage, tenantPage } from './pages.ts'

interface DemoEnv {
  Variables: FreeholdEnv<Kysely<DemoDatabase>>['Variables'] & { nonce: string }
}

export function createApp(freehold: Freehold<Kysely<DemoDatabase>>): Hono<DemoEnv> {
  const app = new Hono<DemoEnv>()
  app.onError(freeholdOnError(freehold))
  app.get('/', async (c, next) => {
    const nonce = randomBytes(16).toString('base64')
    c.set('nonce', nonce)
    await next()
    // a person at a tenant that is suspended, or unknown, is told so in a page
    if (c.res.headers.get('content-type')?.startsWith('application/problem+json')) {
      const { title } = (await c.res.json()) as { title: string }
      c.res = await c.html(problemPage({ nonce, title }), c.res.status as 404)
    }
    for (const [name, value] of pageHeaders(nonce)) c.res.headers.set(name, value)
  })
  // the base domain itself is no tenant's: it has a page too
  app.use(freeholdHono(freehold, { withoutTenant: 'pass' }))

  app.get('/', async (c) => {
    const { nonce, freehold: context } = c.var
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
function pageHeaders(nonce: string): readonly (readonly [string, string])[] {
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return [
    ['content-security-policy', policy.join('; ')],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'same-origin'],
  ]
}
