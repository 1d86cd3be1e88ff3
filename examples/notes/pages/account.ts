// The account of whoever is signed in: who they are, and how they are reached.

import type { User } from 'freehold'
import type { Context } from '../notes.ts'
import { type Html, html, raw } from './html.ts'
import { time } from './layout.ts'
import { ownInvitations } from './shares.ts'

const PARTS = [
  ['/account', 'You'],
  ['/account/sign-in', 'Ways to sign in'],
  ['/account/devices', 'Devices'],
] as const

/** The way from one page of the account to the others. */
export function accountParts(path: (typeof PARTS)[number][0]): Html {
  return html`<nav class="parts" aria-label="Your account">${PARTS.map(
    ([href, label]) => html`<a href="${href}" ${href === path && raw('aria-current="page"')}>${label}</a>`,
  )}</nav>`
}

export async function accountPage(context: Context): Promise<Html> {
  const user = await context.tenant.users.get(context.session!.principal.id)
  return html`${accountParts('/account')}
${await ownInvitations(context)}
<section class="card" aria-labelledby="you">
<div class="heading">
<h1 id="you">${user.name ?? user.email}</h1>
<span class="small">since ${time(user.createdAt)}</span>
</div>
<div class="rows">
${emailRow(user)}
${phoneRow(user)}
<details>
<summary><span class="label">Password</span><span>••••••••</span><span class="edit">Change</span></summary>
<div class="stack">
<form method="post" data-path="/auth/password" data-told-after="Your password is changed, and your other sessions are over.">
<label>The one you have <input type="password" name="current" autocomplete="current-password" required></label>
<label>The new one <input type="password" name="next" autocomplete="new-password" minlength="15" maxlength="256" required>
<span class="small">At least 15 characters. A sentence is easier to keep than signs.</span></label>
<button class="start">Change the password</button>
</form>
<form method="post" data-path="/auth/password-reset/request" data-told-after="A link to choose a new password is in your mailbox.">
<input type="hidden" name="email" value="${user.email}">
<button class="link">I have none, or forgot it: send me a link</button>
</form>
</div>
</details>
<details>
<summary><span class="label">Account</span><span>Give it up</span><span class="edit">Give up</span></summary>
<div class="stack">
<p class="soft">Every session of yours ends, and nobody signs in as you. Only an operator undoes it.</p>
<button class="start danger" data-path="/auth/account/deactivate" data-then="/" data-confirm="Give up your account at ${context.tenant.tenant.name}?">Give up this account</button>
</div>
</details>
</div>
</section>`
}

function emailRow({ email, emailVerifiedAt }: User): Html {
  return html`<details>
<summary><span class="label">E-mail</span><span>${email} ${
    emailVerifiedAt
      ? html`<span class="badge good">Confirmed</span>`
      : html`<span class="badge bad">Not confirmed</span>`
  }</span><span class="edit">Change</span></summary>
<div class="stack">
${
  !emailVerifiedAt &&
  html`<form method="post" data-path="/auth/email-verification/request" data-told-after="A link is on its way to ${email}.">
<input type="hidden" name="email" value="${email}">
<button class="start">Send a link to confirm it</button>
</form>`
}
<form method="post" data-path="/auth/email-change/request" data-told-after="A link is on its way to the new address, and word of it to the old one.">
<label>New address <input type="email" name="email" autocomplete="email" required></label>
<button class="start">Send a link to the new address</button>
</form>
</div>
</details>`
}

function phoneRow({ phone }: User): Html {
  return html`<details>
<summary><span class="label">Telephone</span><span>${
    phone ? html`${phone} <span class="badge good">Confirmed</span>` : html`<span class="soft">none</span>`
  }</span><span class="edit">${phone ? 'Change' : 'Add'}</span></summary>
<div class="stack">
<p class="soft">With it you can sign in by a code in a text message.</p>
<form method="post" data-flow="phone">
<label>Number with its country <input type="tel" name="phone" autocomplete="tel" placeholder="+34 600 000 042" required></label>
<button class="start">Send a code</button>
</form>
${phone && html`<button class="quiet slim start" data-method="DELETE" data-path="/auth/phone" data-told-after="The number is removed.">Remove the number</button>`}
</div>
</details>`
}
