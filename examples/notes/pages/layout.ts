// What every page has: its head, the tenant's bar with the way to the other pages, and how moments are written.

import type { Context } from '../notes.ts'
import { type Html, html, raw } from './html.ts'
import { script } from './script.ts'
import { style } from './style.ts'

interface Page {
  readonly nonce: string
  readonly title: string
  /** Colours the page; '' for none. */
  readonly tenant: string
  readonly content: Html
}

export function page({ nonce, title, tenant, content }: Page): Html {
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

/** What the script has to say, of failures and of the rest. */
export const notice = html`<p class="notice" role="alert"></p><p class="told" role="status" data-told hidden></p>`

/** The pages of a tenant, and what somebody must be allowed to do there for a link to be shown. */
const PAGES = [
  ['/', 'Notes', 'note:read'],
  ['/members', 'Members', 'user:read'],
  ['/access', 'Access', undefined],
  ['/audit', 'Audit', 'audit:read'],
  ['/plan', 'Plan', 'billing:read'],
  ['/sessions', 'Sessions', undefined],
] as const

export interface TenantPage {
  readonly nonce: string
  readonly context: Context
  readonly who: string
  readonly path: string
  readonly title: string
  readonly content: Html
}

export function tenantPage({ nonce, context, who, path, title, content }: TenantPage): Html {
  const { name, slug } = context.tenant.tenant
  const links = PAGES.filter(([, , permission]) => permission === undefined || context.access?.can(permission))
  return page({
    nonce,
    title: `${title} · ${name}`,
    tenant: slug,
    content: html`<header>
<div class="bar">
<div>
<p class="brand">${name}</p>
<p class="small">${who}</p>
</div>
<button class="quiet slim" data-method="POST" data-path="/auth/sign-out">Sign out</button>
</div>
<nav class="tabs" aria-label="Pages">${links.map(
      ([href, label]) => html`<a href="${href}" ${href === path && raw('aria-current="page"')}>${label}</a>`,
    )}</nav>
</header>
<main>
${notice}
${content}
</main>`,
  })
}

const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

export function time(date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${clock.format(date)} UTC</time>`
}
