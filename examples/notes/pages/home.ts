// The page of nobody's host: what this is, where to go, and what to try there.

import type { Tenant } from 'freehold'
import { people } from '../open.ts'
import { type Html, html } from './html.ts'
import { type Frame, notice, page } from './layout.ts'

export function homePage(frame: Frame, tenants: readonly Tenant[]): Html {
  return page(frame, {
    title: 'Freehold demo',
    content: html`<main id="main" class="home">
${notice}
<div class="hero">
<h1>Two companies, one server, one wall between them</h1>
<p>Acme and Globex keep notes here. Each has a host of its own, people of its own and sessions of its own; the rows are in the
same tables, and PostgreSQL itself keeps them apart.</p>
</div>
<div class="tenants">${tenants.map((tenant) => tenantCard(frame, tenant))}</div>
<section class="card" aria-labelledby="try">
<h2 id="try">What to try</h2>
<ol class="steps">
<li><strong>Sign in as Ana</strong>, the owner of Acme: choose her below the form. She sees members, roles, the audit log and the plan.</li>
<li><strong>Make it safer.</strong> Under <em>Account</em>: add a passkey, scan the QR code with an authenticator app, keep the
recovery codes. Sign out, and sign in with them.</li>
<li><strong>Lose the password.</strong> Mails and text messages go nowhere but to the <a href="/inbox" target="inbox">inbox</a>: links,
codes, warnings.</li>
<li><strong>Come as a stranger.</strong> Create an account at Globex with any address. Nobody learns whether it was known.</li>
<li><strong>Sign in twice</strong>, in another browser or a private window: see the devices, trust one, end the other’s session.</li>
</ol>
</section>
</main>`,
  })
}

function tenantCard({ port }: Frame, { slug, name }: Tenant): Html {
  const own = people.filter((person) => person.tenant === slug)
  return html`<section class="card" data-tenant="${slug}" aria-labelledby="at-${slug}">
<div class="heading"><h2 id="at-${slug}"><span class="mark" aria-hidden="true">${name.slice(0, 1)}</span>${name}</h2></div>
<p class="soft">${own.map(({ name: person, role }, i) => `${i > 0 ? ', ' : ''}${person} (${role})`)}</p>
<a class="button" href="http://${slug}.localhost:${port}/">Open ${name}</a>
<p class="small">${slug}.localhost:${port}</p>
</section>`
}
