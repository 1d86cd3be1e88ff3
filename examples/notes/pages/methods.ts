// The ways in which somebody signs in: passkeys, second factors, recovery codes. What is changed here asks for a proof of
// a short while ago, with as much as there is: the page's script shows the dialog.

import type { Factor, Passkey } from 'freehold'
import type { Context } from '../notes.ts'
import { accountParts } from './account.ts'
import { type Html, html } from './html.ts'
import { type Drawing, icon } from './icons.ts'
import { time } from './layout.ts'

type Kind = Exclude<Factor['type'], 'webauthn'>

const KINDS: Readonly<Record<Kind, { readonly label: string; readonly drawing: Drawing }>> = {
  totp: { label: 'Authenticator app', drawing: 'app' },
  sms: { label: 'Text messages', drawing: 'sms' },
  email: { label: 'Codes by e-mail', drawing: 'mail' },
  hardware_token: { label: 'Hardware token', drawing: 'token' },
}
/** What may be written into the page about each to be added. */
const OFFERS: readonly (readonly [Kind, string])[] = [
  ['totp', 'A new code every 30 seconds, without network'],
  ['sms', 'A code to your telephone'],
  ['email', 'A code to your mailbox'],
  ['hardware_token', 'A small device with a button'],
]

export async function methodsPage(context: Context): Promise<Html> {
  const { tenant } = context
  const { id } = context.session!.principal
  const [passkeys, factors, left] = await Promise.all([
    tenant.passkeys.list(id),
    tenant.factors.list(id),
    tenant.factors.recoveryCodesLeft(id),
  ])
  const primary = factors.find(({ primary }) => primary)?.id
  const confirmed = factors.filter(({ confirmedAt }) => confirmedAt)
  const codes = factors.filter(({ type }) => type !== 'webauthn')
  return html`${accountParts('/account/sign-in')}
<section class="card" aria-labelledby="passkeys">
<div class="heading">
<h1 id="passkeys">Passkeys</h1>
<button class="slim" data-flow="passkey">Add a passkey</button>
</div>
<p class="soft">Sign in with your fingerprint, face, or a security key. Nothing can be phished, and there is nothing to type.</p>
${passkeys.length > 0 && html`<ul class="list">${passkeys.map((passkey) => passkeyItem(passkey, passkey.id === (primary as string | undefined)))}</ul>`}
</section>
<section class="card" aria-labelledby="factors">
<h2 id="factors">Second factors</h2>
<p class="soft">Who has one is asked for it after the password. Passkeys count, too.</p>
${codes.length > 0 && html`<ul class="list">${codes.map(factorItem)}</ul>`}
<h3>Add another</h3>
<div class="choices">${OFFERS.map(
    ([kind, says]) =>
      html`<button class="choice" data-flow="${kind}">${icon(KINDS[kind].drawing)}<span><strong>${KINDS[kind].label}</strong><span class="small">${says}</span></span></button>`,
  )}</div>
</section>
<section class="card" aria-labelledby="recovery">
<div class="heading">
<h2 id="recovery">Recovery codes</h2>
${confirmed.length > 0 && html`<button class="quiet slim" data-flow="recovery">${left > 0 ? 'Make new ones' : 'Make some'}</button>`}
</div>
<p class="soft">${
    confirmed.length === 0
      ? 'For the day on which you lose your telephone. They come with your first second factor.'
      : left > 0
        ? html`${left} of 10 are left. Each opens your account once, in place of a second factor.`
        : 'You have none. Without them, a lost telephone is a lost account.'
  }</p>
</section>`
}

function passkeyItem(passkey: Passkey, primary: boolean): Html {
  const { id, name, deviceType, backedUp, signsIn, createdAt, lastUsedAt, cloneSuspectedAt } = passkey
  const where = deviceType === 'single-device' ? 'on one device' : backedUp ? 'kept in sync' : 'may be kept in sync'
  return html`<li>
<div class="what">${icon('passkey')}<div>
<p>${name} ${primary && html`<span class="badge">Asked for first</span>`} ${
    cloneSuspectedAt && html`<span class="badge bad">There may be a copy of it</span>`
  } ${!signsIn && html`<span class="badge">Second factor only</span>`}</p>
<p class="small">${where} · added ${time(createdAt)} · ${lastUsedAt ? html`used ${time(lastUsedAt)}` : 'not used yet'}</p>
</div></div>
<div class="acts">
<button class="quiet slim" data-rename="/auth/passkeys/${id}" data-name="${name}" aria-label="Rename ${name}">Rename</button>
<button class="quiet slim" data-method="DELETE" data-path="/auth/passkeys/${id}" data-confirm="Remove “${name}”? It signs you in no more." data-told-after="${name} is removed." aria-label="Remove ${name}">Remove</button>
</div>
</li>`
}

function factorItem({ id, type, name, target, primary, confirmedAt, lastUsedAt, createdAt }: Factor): Html {
  const { label, drawing } = KINDS[type as Kind]
  const sent = type === 'sms' || type === 'email'
  return html`<li>
<div class="what">${icon(drawing)}<div>
<p>${name} ${primary && html`<span class="badge">Asked for first</span>`} ${
    !confirmedAt && html`<span class="badge bad">Not finished</span>`
  }</p>
<p class="small">${label}${target && `, ${target}`} · ${
    confirmedAt ? (lastUsedAt ? html`used ${time(lastUsedAt)}` : 'not used yet') : html`begun ${time(createdAt)}`
  }</p>
</div></div>
<div class="acts">
${!confirmedAt && sent && html`<button class="quiet slim" data-flow="finish" data-id="${id}" data-name="${name}">Finish</button>`}
${confirmedAt && !primary && html`<button class="quiet slim" data-path="/auth/factors/${id}/primary" aria-label="Ask for ${name} first">Ask first</button>`}
${confirmedAt && html`<button class="quiet slim" data-rename="/auth/factors/${id}/rename" data-name="${name}" aria-label="Rename ${name}">Rename</button>`}
<button class="quiet slim" data-method="DELETE" data-path="/auth/factors/${id}" data-confirm="Remove “${name}”?" data-told-after="${name} is removed." aria-label="Remove ${name}">Remove</button>
</div>
</li>`
}
