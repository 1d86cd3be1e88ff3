// Pages for strangers: where the tenants are, signing in, and what cannot be shown.

import type { Tenant } from 'freehold'
import { type Html, html } from './html.ts'
import { notice, page } from './layout.ts'

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
export function problemPage(facts: { nonce: string; title: string; tenant?: string; back?: boolean }): Html {
  const { nonce, title, tenant = '', back = false } = facts
  const content = html`<main class="narrow">
<section class="card">
<h1>${title}</h1>
<p class="soft">There is nothing for you to see at this address.</p>
${back && html`<p><a href="/">Back to the notes</a></p>`}
</section>
${notice}
</main>`
  return page({ nonce, title, tenant, content })
}

export function signInPage(facts: { nonce: string; tenant: Tenant; refreshable: boolean }): Html {
  const { nonce, tenant, refreshable } = facts
  const content = html`<main class="narrow">
${refreshable && html`<p class="card" role="status" data-renewing="${nonce}">Picking up your session at ${tenant.name}…</p>`}
<section class="card" data-sign-in ${refreshable && 'hidden'}>
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
