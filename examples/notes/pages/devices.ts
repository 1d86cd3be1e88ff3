// Where the signed-in person is signed in: the devices they came with, and the sessions that are open on them.

import type { Device, Session } from 'freehold'
import type { Context } from '../notes.ts'
import { accountParts } from './account.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { day, time } from './layout.ts'

export async function devicesPage(context: Context): Promise<Html> {
  const { tenant, session } = context
  const { id } = session!.principal
  const [devices, sessions] = await Promise.all([tenant.devices.list(id), tenant.sessions.list(id)])
  const here = sessions.items.find((one) => one.id === session!.session.id)
  const now = new Date()
  return html`${accountParts('/account/devices')}
<section class="card" aria-labelledby="devices">
<h1 id="devices">Devices</h1>
<p class="soft">You get a letter when somebody signs in on a new one. A trusted device stands in for the second factor.</p>
<ul class="list">${devices.items.map((device) => deviceItem(device, device.id === here?.deviceId, now))}</ul>
</section>
<section class="card" aria-labelledby="sessions">
<div class="heading">
<h2 id="sessions">Sessions</h2>
<div class="acts">
${sessions.items.length > 1 && html`<button class="quiet slim" data-path="/auth/sessions/revoke-others" data-told-after="Your other sessions are over.">End all others</button>`}
<button class="quiet slim" data-path="/auth/sessions/revoke-all" data-then="/" data-confirm="Sign out everywhere, here too?">Sign out everywhere</button>
</div>
</div>
<ul class="list">${sessions.items.map((one) =>
    sessionItem(
      one,
      devices.items.find((device) => device.id === one.deviceId),
      one === here,
    ),
  )}</ul>
</section>`
}

function deviceItem(device: Device, current: boolean, now: Date): Html {
  const { id, kind, ip, country, firstSeenAt, lastSeenAt, trustedUntil } = device
  const name = nameOf(device)
  const trusted = trustedUntil !== null && trustedUntil > now
  return html`<li>
<div class="what">${icon('device')}<div>
<p>${name} ${current && html`<span class="badge">This device</span>`} ${trusted && html`<span class="badge good">Trusted until ${day(trustedUntil)}</span>`}</p>
<p class="small">${name !== kind && `${kind} · `}${placeOf(ip, country, null)} · seen ${time(lastSeenAt)} · known since ${day(firstSeenAt)}</p>
</div></div>
<div class="acts">
${
  trusted
    ? html`<button class="quiet slim" data-method="DELETE" data-path="/auth/devices/${id}/trust" aria-label="Trust ${name} no more">Trust no more</button>`
    : html`<button class="quiet slim" data-path="/auth/devices/${id}/trust" aria-label="Trust ${name}">Trust</button>`
}
<button class="quiet slim" data-rename="/auth/devices/${id}/rename" data-name="${name}" aria-label="Rename ${name}">Rename</button>
<button class="quiet slim" data-method="DELETE" data-path="/auth/devices/${id}" data-confirm="Forget ${name}? Its sessions end${current && ', this one too'}." data-told-after="${name} is forgotten." aria-label="Forget ${name}">Forget</button>
</div>
</li>`
}

/** How it was proven who it is (RFC 8176). */
const METHODS: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'one-time code',
  sms: 'text message',
  email: 'code by e-mail',
  recovery: 'recovery code',
  hwk: 'security key',
  swk: 'passkey',
  imp: 'an operator',
}

function sessionItem(session: Session, device: Device | undefined, current: boolean): Html {
  const { id, ip, country, city, lastUsedAt, authenticationMethods } = session
  const name = device ? nameOf(device) : 'A device that is forgotten'
  const by = authenticationMethods.flatMap((method) => METHODS[method] ?? [])
  return html`<li>
<div class="what">${icon('person')}<div>
<p>${name} ${current && html`<span class="badge">This session</span>`}</p>
<p class="small">${placeOf(ip, country, city)} · by ${by.join(' and ')} · used ${time(lastUsedAt)}</p>
</div></div>
${!current && html`<button class="quiet slim" data-method="DELETE" data-path="/auth/sessions/${id}" data-told-after="The session is over." aria-label="End the session on ${name}">End</button>`}
</li>`
}

function nameOf({ name, kind }: Device): string {
  return name ?? kind
}

function placeOf(ip: string | null, country: string | null, city: string | null): string {
  if (ip === '127.0.0.1' || ip === '::1') return 'on this machine'
  return [city, country, ip].filter((part) => part !== null).join(', ') || 'from an unknown place'
}
