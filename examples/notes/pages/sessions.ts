// Where the signed-in person is signed in.

import type { Session } from 'freehold'
import type { Context } from '../notes.ts'
import { type Html, html } from './html.ts'
import { time } from './layout.ts'

export async function sessionsPage(context: Context): Promise<Html> {
  const { items } = await context.tenant.sessions.list(context.session!.principal)
  return html`<section class="card" aria-labelledby="sessions">
<div class="heading">
<h1 id="sessions">Where you are signed in</h1>
<button class="quiet slim" data-method="POST" data-path="/auth/sessions/revoke-all">Sign out everywhere</button>
</div>
<ul class="list">${items.map((session) => item(session, session.id === context.session?.session.id))}</ul>
</section>`
}

function item({ id, userAgent, ip, lastUsedAt }: Session, current: boolean): Html {
  const client = clientName(userAgent)
  return html`<li>
<div><p>${client}</p><p class="small">${ip && `${ip}, `}last used ${time(lastUsedAt)}</p></div>
${
  current
    ? html`<span class="badge">This session</span>`
    : html`<button class="quiet slim" data-method="DELETE" data-path="/auth/sessions/${id}" aria-label="End the session on ${client}">End</button>`
}
</li>`
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
