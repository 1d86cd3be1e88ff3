// What every page has: its head, the bar of the demo, the tenant's bar with the way to the other pages, and how moments
// are written.

import { packages } from '../assets.ts'
import type { Context } from '../notes.ts'
import { type Html, html, raw } from './html.ts'
import { icon } from './icons.ts'

/** What is around a page, whichever it is. */
export interface Frame {
  readonly nonce: string
  readonly port: string
  /** How many letters were sent. */
  readonly letters: number
  /** Whose page it is; undefined: nobody's. */
  readonly tenant?: { readonly name: string; readonly slug: string } | undefined
}

interface Page {
  readonly title: string
  readonly content: Html
  /** What the page runs, of `../browser`. */
  readonly modules?: readonly string[]
}

const imports = Object.fromEntries(Object.entries(packages).map(([name, file]) => [name, `/assets/${file}`]))

export function page(frame: Frame, { title, content, modules = [] }: Page): Html {
  const { nonce, port, letters, tenant } = frame
  return html`<!doctype html>
<html lang="en" data-tenant="${tenant?.slug ?? ''}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}${tenant && ` · ${tenant.name}`}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
<script type="importmap" nonce="${nonce}">${raw(JSON.stringify({ imports }))}</script>
${['forms.mjs', 'post.mjs', ...modules].map((name) => html`<script type="module" src="/assets/${name}"></script>`)}
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>
<nav class="demo" aria-label="The demo">
<div>
<a href="http://localhost:${port}/">Freehold demo</a>
<a href="/inbox" target="inbox">${icon('inbox')} Inbox <span class="count" data-letters>${letters}</span></a>
</div>
</nav>
${content}
</body>
</html>`
}

/** What the page's scripts have to say, of failures and of the rest. */
export const notice = html`<p class="notice" role="alert"></p><p class="told" role="status" data-told></p>`

/** The pages of a tenant, and what somebody must be allowed to do there for a link to be shown. */
const PAGES = [
  ['/', 'Notes', undefined],
  ['/members', 'Members', 'user:read'],
  ['/teams', 'Teams', 'team:read', 'somewhere'],
  ['/access', 'Access', undefined],
  ['/audit', 'Audit', 'audit:read'],
  ['/plan', 'Plan', 'billing:read'],
  ['/account', 'Account', undefined],
] as const

export interface TenantPage extends Page {
  readonly context: Context
  readonly who: { readonly name: string | null; readonly email: string }
  readonly path: string
}

export function tenantPage(frame: Frame, { context, who, path, title, content, modules = [] }: TenantPage): Html {
  const { name } = context.tenant.tenant
  const { access } = context
  const links = PAGES.filter(([, , permission, somewhere]) => {
    if (permission === undefined) return true
    return somewhere ? access?.ever(permission) : access?.can(permission)
  })
  const here = (href: string) => href === path || (href !== '/' && path.startsWith(`${href}/`))
  return page(frame, {
    title,
    modules,
    content: html`<header>
<div class="bar">
<a class="brand" href="/"><span class="mark" aria-hidden="true">${name.slice(0, 1)}</span>${name}</a>
<div class="who">
<a href="/account" class="small">${who.name ?? who.email}</a>
<button class="quiet slim" data-path="/auth/sign-out" data-then="/">Sign out</button>
</div>
</div>
<nav class="tabs" aria-label="Pages">${links.map(
      ([href, label]) => html`<a href="${href}" ${here(href) && raw('aria-current="page"')}>${label}</a>`,
    )}</nav>
</header>
<main id="main">
${notice}
${content}
</main>`,
  })
}

/** A page with one thing to do, for people who are not signed in. */
export function narrowPage(frame: Frame, { title, content, modules = [] }: Page): Html {
  const { tenant } = frame
  return page(frame, {
    title,
    modules,
    content: html`<main id="main" class="narrow">
${tenant && html`<a class="brand" href="/"><span class="mark" aria-hidden="true">${tenant.name.slice(0, 1)}</span>${tenant.name}</a>`}
${notice}
${content}
<noscript><p class="notice">These pages need JavaScript, which is off in your browser.</p></noscript>
</main>`,
  })
}

const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

const calendar = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })

export function day(date: Date): string {
  return calendar.format(date)
}

export function time(date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${clock.format(date)} UTC</time>`
}
