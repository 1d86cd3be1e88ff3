// What the tenant has by its plan, and the way to more of it; and the page of the provider, where somebody pays.

import type { Plan } from 'freehold'
import type { Context } from '../notes.ts'
import { type Html, html, raw } from './html.ts'
import { type Frame, narrowPage, time } from './layout.ts'

export async function planPage(context: Context): Promise<Html> {
  const access = context.require('billing:read')
  const { entitlements, billing } = context.tenant
  const plan = await entitlements.plan()
  const members = await entitlements.limit('members')
  const live = (await billing.subscriptions()).filter(({ status }) => status === 'active')
  const invoices = await billing.invoices({ limit: 5 })
  const mayBuy = access.can('billing:write')
  return html`<section class="card" aria-labelledby="plan">
<div class="heading">
<h1 id="plan">Plan</h1>
<span class="badge">${plan?.name ?? 'none'}</span>
</div>
${meter('Members', members)}
<p>${included(plan)}</p>
${live.map(
  ({ status, currentPeriodEnd }) =>
    html`<p class="small">Subscription ${status}${currentPeriodEnd && html`, paid until ${time(currentPeriodEnd)}`}</p>`,
)}
${mayBuy && (live.length > 0 ? leave : buy)}
</section>
${
  invoices.items.length > 0 &&
  html`<section class="card" aria-labelledby="invoices">
<h2 id="invoices">Invoices</h2>
<ul class="list">${invoices.items.map(
    ({ number, status, amountDue, currency, paidAt }) =>
      html`<li><div><p>${number ?? 'Draft'}</p><p class="small">${paidAt ? html`paid ${time(paidAt)}` : status}</p></div><span>${money(amountDue, currency)}</span></li>`,
  )}</ul>
</section>`
}`
}

const buy = html`<div class="offer">
<div><p><strong>Team</strong>, ${money(1000, 'eur')} a month</p><p class="small">10 members, and the notes as a file.</p></div>
<button data-path="/api/checkout">Upgrade to Team</button>
</div>`

const leave = html`<button class="quiet start" data-path="/api/cancel">Cancel the subscription</button>`

function included(plan: Plan | null): string {
  return plan?.features.export ? 'The notes can be exported as a file.' : 'The notes cannot be exported as a file.'
}

function meter(label: string, { used, maximum }: { used: number; maximum: number | null }): Html {
  const top = maximum ?? Math.max(used, 1)
  return html`<div class="limit">
<div class="heading"><span>${label}</span><span class="small">${used} of ${maximum ?? 'any number'}</span></div>
<meter min="0" max="${top}" value="${used}" aria-label="${label}">${used} of ${top}</meter>
</div>`
}

/** The provider's, on its own site if it were a real one. */
export function payPage(frame: Frame, checkout: string): Html {
  const content = html`<section class="card">
<p class="small">Fake Payments, where no money moves</p>
<h1>Team for ${frame.tenant!.name}</h1>
<p class="price">${money(1000, 'eur')}<span class="small"> a month</span></p>
<form method="post" data-path="/api/pay" data-then="/plan">
<input type="hidden" name="checkout" value="${checkout}">
<button class="wide">Pay</button>
</form>
<p><a href="/plan">Back without paying</a></p>
</section>`
  return narrowPage(frame, { title: 'Fake Payments', content })
}

/** Minor units. */
function money(amount: number, currency: string): Html {
  const text = new Intl.NumberFormat('en-GB', { style: 'currency', currency }).format(amount / 100)
  return html`${raw('<span class="money">')}${text}${raw('</span>')}`
}
