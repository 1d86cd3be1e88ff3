// The pages, rendered on the server. `html` escapes whatever is put into it.

import type { Session, Tenant, User } from 'freehold'
import { html, raw } from 'hono/html'
import { MAXIMUM_NOTE, type Note } from './notes.ts'
import { script } from './script.ts'
import { style } from './style.ts'

type Html = ReturnType<typeof html>

interface Page {
  readonly nonce: string
  readonly title: string
  /** Colours the page; '' for none. */
  readonly tenant: string
  readonly content: Html
}

function page({ nonce, title, tenant, content }: Page): Html {
  return html`<!doctype html>
<html lang="en" data-tenant="${tenant}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${raw(style)}</style>
</head>
<body>
${content}
<script nonce="${nonce}">${raw(script)}</script>
</body>
</html>`
}

const notice = html`<p class="notice" role="alert"></p>`

export function landingPage(facts: { nonce: string; port: string; tenants: readonly Tenant[] }): Html {
  const { nonce, port, tenants } = facts
  const content = html`<main class="narrow">
<section class="card">
<h1>Freehold demo</h1>
<p class="soft">Each tenant has a host of its own. Its people, sessions and notes are behind its own wall.</p>
<ul class="list">${tenants.map(
    ({ slug, name }) =>
      html`<li><a href="http://${slug}.localhost:${port}/">${name}</a><span class="small">${slug}.localhost:${port}</span></li>`,
  )}</ul>
</section>
${notice}
</main>`
  return page({ nonce, title: 'Freehold demo', tenant: '', content })
}

/** `title` is the problem's own: it tells nobody more than its code does. */
export function problemPage({ nonce, title }: { nonce: string; title: string }): Html {
  const content = html`<main class="narrow">
<section class="card">
<h1>${title}</h1>
<p class="soft">There is nothing to see at this address.</p>
</section>
${notice}
</main>`
  return page({ nonce, title, tenant: '', content })
}

export function signInPage(facts: { nonce: string; tenant: Tenant; refreshable: boolean }): Html {
  const { nonce, tenant, refreshable } = facts
  const content = html`<main class="narrow">
${
  refreshable
    ? html`<p class="card" role="status" data-renewing="${nonce}">Picking up your session at ${tenant.name}…</p>`
    : ''
}
<section class="card" data-sign-in ${refreshable ? 'hidden' : ''}>
<h1>Sign in to ${tenant.name}</h1>
<form data-path="/auth/sign-in">
<label>E-mail <input type="email" name="email" autocomplete="username" required></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
${notice}
<noscript><p class="notice">This page signs in with JavaScript, which is off in your browser.</p></noscript>
</section>
</main>`
  return page({ nonce, title: `Sign in to ${tenant.name}`, tenant: tenant.slug, content })
}

export interface TenantFacts {
  readonly nonce: string
  readonly tenant: Tenant
  readonly user: User
  readonly notes: readonly Note[]
  readonly sessions: readonly Session[]
  readonly currentId: string
}

export function tenantPage({ nonce, tenant, user, notes, sessions, currentId }: TenantFacts): Html {
  const content = html`<header>
<div class="bar">
<div>
<h1>${tenant.name}</h1>
<p class="small">${user.name ? `${user.name}, ${user.email}` : user.email}</p>
</div>
<button class="quiet" data-method="POST" data-path="/auth/sign-out">Sign out</button>
</div>
</header>
<main>
${notice}
<section class="card" aria-labelledby="notes">
<div class="heading">
<h2 id="notes">Notes of ${tenant.name}</h2>
<span class="small">${notes.length === 1 ? '1 note' : `${notes.length} notes`}</span>
</div>
<form data-path="/notes">
<label>New note <textarea name="body" rows="2" maxlength="${MAXIMUM_NOTE}" required></textarea></label>
<button class="end wide">Add note</button>
</form>
${notes.length > 0 ? html`<ul class="list">${notes.map(noteItem)}</ul>` : html`<p class="soft">No notes yet.</p>`}
</section>
<section class="card" aria-labelledby="sessions">
<div class="heading">
<h2 id="sessions">Where you are signed in</h2>
<button class="quiet slim" data-method="POST" data-path="/auth/sessions/revoke-all">Sign out everywhere</button>
</div>
<ul class="list">${sessions.map((session) => sessionItem(session, session.id === currentId))}</ul>
</section>
</main>`
  return page({ nonce, title: tenant.name, tenant: tenant.slug, content })
}

function noteItem({ body, author, createdAt }: Note): Html {
  return html`<li><div><p class="body">${body}</p><p class="small">${author}, ${time(createdAt)}</p></div></li>`
}

function sessionItem({ id, userAgent, ip, lastUsedAt }: Session, current: boolean): Html {
  const client = clientName(userAgent)
  return html`<li>
<div><p>${client}</p><p class="small">${ip ? `${ip}, ` : ''}last used ${time(lastUsedAt)}</p></div>
${
  current
    ? html`<span class="badge">This session</span>`
    : html`<button class="quiet slim" data-method="DELETE" data-path="/auth/sessions/${id}" aria-label="End the session on ${client}">End</button>`
}
</li>`
}

const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

function time(date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${clock.format(date)} UTC</time>`
}

const BROWSERS = [
  [/\bEdg\//, 'Edge'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(Headless)?Chrome\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
] as const
const SYSTEMS = [
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bLinux\b/, 'Linux'],
] as const

/** "Chrome on Linux" of a User-Agent; the beginning of it where it is none we know. */
function clientName(userAgent: string | null): string {
  if (!userAgent) return 'Unknown client'
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1]
  return browser ? `${browser}${system ? ` on ${system}` : ''}` : userAgent.slice(0, 60)
}
