// The pages by path, and how one is answered: rendered on the server, with headers under which nothing is loaded from
// anywhere else.

import { randomBytes } from 'node:crypto'
import { FreeholdError } from 'freehold'
import type { Context } from '../notes.ts'
import type { Demo } from '../open.ts'
import { accessPage } from './access.ts'
import { accountPage } from './account.ts'
import { auditPage } from './audit.ts'
import { devicesPage } from './devices.ts'
import { homePage } from './home.ts'
import type { Html } from './html.ts'
import { inboxPage } from './inbox.ts'
import { landingPage, landings } from './landing.ts'
import { type Frame, tenantPage } from './layout.ts'
import { membersPage } from './members.ts'
import { methodsPage } from './methods.ts'
import { notesPage } from './notes.ts'
import { payPage, planPage } from './plan.ts'
import { forgotPage, problemPage, signInPage, signUpPage } from './sign-in.ts'
import { teamsPage } from './teams.ts'

/** A page for somebody who is signed in. */
interface Room {
  readonly title: string
  readonly modules?: readonly string[]
  show(context: Context, url: URL): Promise<Html>
}

const rooms: Readonly<Record<string, Room>> = {
  '/': { title: 'Notes', show: notesPage },
  '/members': { title: 'Members', show: membersPage },
  '/teams': { title: 'Teams', show: teamsPage },
  '/access': { title: 'Access', show: accessPage },
  '/audit': { title: 'Audit', show: auditPage },
  '/plan': { title: 'Plan', show: planPage },
  '/account': { title: 'Account', modules: ['account.mjs'], show: accountPage },
  '/account/sign-in': { title: 'Ways to sign in', modules: ['account.mjs'], show: methodsPage },
  '/account/devices': { title: 'Devices', show: devicesPage },
}

/** Pages for anybody at a tenant, signed in or not. */
const doors: Readonly<Record<string, (frame: Frame) => Html>> = {
  '/sign-up': signUpPage,
  '/forgot': forgotPage,
  ...Object.fromEntries(
    Object.entries(landings).map(([path, landing]) => [path, (frame: Frame) => landingPage(frame, landing)]),
  ),
}

const INBOX = '/inbox'
const LETTERS = '/inbox.json'

/** Where there is a page. */
export const pagePaths: readonly string[] = [...Object.keys(rooms), ...Object.keys(doors), INBOX, LETTERS, '/pay']

export interface ShownPage {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The page at `url`, for whoever asks. Rejects with what is no refusal. */
export async function showPage(demo: Demo, context: Context | undefined, url: URL): Promise<ShownPage> {
  const frame = frameOf(demo, context)
  try {
    if (url.pathname === LETTERS) return json(lettersFor(demo, url))
    return shown(200, frame, await render(demo, context, url, frame))
  } catch (error) {
    if (!FreeholdError.is(error) || error.status >= 500) throw error
    const { status, title } = error.toProblem()
    return shown(status, frame, problemPage(frame, { title, back: context?.principal !== undefined }))
  }
}

/** A refusal that came before there was a context, as of a suspended tenant. */
export function showProblem(demo: Demo, refusal: { readonly status: number; readonly title: string }): ShownPage {
  const frame = frameOf(demo, undefined)
  return shown(refusal.status, frame, problemPage(frame, refusal))
}

async function render(demo: Demo, context: Context | undefined, url: URL, frame: Frame): Promise<Html> {
  const { pathname } = url
  if (pathname === INBOX) return inboxPage(frame, lettersFor(demo, url))
  if (!context) return homePage(frame, await tenants(demo))
  const door = doors[pathname]
  if (door) return door(frame)
  const { tenant, session, refreshable } = context
  if (!session) return signInPage(frame, refreshable)
  if (pathname === '/pay') {
    context.require('billing:write')
    return payPage(frame, url.searchParams.get('checkout') ?? '')
  }
  const room = rooms[pathname]
  if (!room) throw new FreeholdError('ROUTE_UNKNOWN')
  const who = await tenant.users.get(session.principal.id)
  const { title, modules = [] } = room
  const content = await room.show(context, url)
  return tenantPage(frame, { context, who, path: pathname, title, content, modules })
}

function frameOf({ inbox, port }: Demo, context: Context | undefined): Frame {
  const nonce = randomBytes(16).toString('base64')
  return { nonce, port: String(port), letters: inbox.letters()[0]?.id ?? 0, tenant: context?.tenant.tenant }
}

/** Letters let people in, so they are shown on this machine alone: not to a page elsewhere whose name was pointed here. */
function lettersFor({ inbox }: Demo, { hostname }: URL) {
  if (!/^(?:(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1)$/.test(hostname)) throw new FreeholdError('ROUTE_UNKNOWN')
  return inbox.letters()
}

async function tenants({ freehold }: Demo) {
  const { items } = await freehold.tenants.list({ status: 'active' })
  return items.filter(({ slug }) => slug !== 'platform')
}

function shown(status: number, { nonce }: Frame, body: Html): ShownPage {
  return { status, headers: { ...HEADERS, ...pageHeaders(nonce) }, body: body.text }
}

function json(value: unknown): ShownPage {
  return { status: 200, headers: { ...HEADERS, 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
} as const

/** Nothing is loaded from elsewhere, nothing runs that was written into a page, and no text becomes HTML in a script. */
function pageHeaders(nonce: string): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ]
  return { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy.join('; ') }
}
