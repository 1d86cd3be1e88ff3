// Where the links of letters lead. Opening one does nothing: programs that scan mail open every link, and no server sees
// the token, which is behind the #. A person presses the button, and only that POST uses it up.

import { type Html, html } from './html.ts'
import { type Frame, narrowPage } from './layout.ts'

interface Landing {
  readonly heading: (tenant: string) => string
  readonly says: string
  /** Whom the token is posted to. */
  readonly path: string
  readonly fields?: Html
  readonly action: string
  /** What comes of it: a session, or a notice on the first page. */
  readonly leads: 'enter' | 'join' | 'tell'
  readonly told?: string
}

const password = (
  hint: string,
) => html`<label>Password <input type="password" name="password" autocomplete="new-password" minlength="15" maxlength="256" required>
<span class="small">${hint}</span></label>`
const LONG = 'At least 15 characters. A sentence is easier to keep than signs.'
const name = html`<label>Name <input name="name" autocomplete="name" maxlength="200" required></label>`

/** By the path that the letter names. */
export const landings: Readonly<Record<string, Landing>> = {
  '/sign-up/confirm': {
    heading: (tenant) => `Welcome to ${tenant}`,
    says: 'Your address is proven. Choose a name and a password.',
    path: '/auth/sign-up/confirm',
    fields: html`${name}${password(LONG)}`,
    action: 'Create the account',
    leads: 'join',
  },
  '/invitation': {
    heading: (tenant) => `You are invited to ${tenant}`,
    says: 'Choose a name and a password, and you are in.',
    path: '/auth/invitations/accept',
    fields: html`${name}${password(LONG)}`,
    action: 'Accept',
    leads: 'join',
  },
  '/sign-in/link': {
    heading: (tenant) => `Sign in to ${tenant}`,
    says: 'You asked for this link. It is good once.',
    path: '/auth/sign-in/link',
    action: 'Sign in',
    leads: 'enter',
  },
  '/reset-password': {
    heading: () => 'Choose a new password',
    says: 'Every session of yours ends with it, on every device.',
    path: '/auth/password-reset',
    fields: password(LONG),
    action: 'Set the password',
    leads: 'tell',
    told: 'Your password is changed. Sign in with it.',
  },
  '/verify-email': {
    heading: () => 'Confirm your address',
    says: 'Then it is known to be yours.',
    path: '/auth/email-verification',
    action: 'Confirm',
    leads: 'tell',
    told: 'Your address is confirmed.',
  },
  '/confirm-email': {
    heading: () => 'Confirm your new address',
    says: 'From then on it is the one you sign in with.',
    path: '/auth/email-change',
    action: 'Confirm',
    leads: 'tell',
    told: 'Your new address is confirmed.',
  },
}

export function landingPage(frame: Frame, { heading, says, path, fields, action, leads, told }: Landing): Html {
  const title = heading(frame.tenant!.name)
  const content = html`<section class="card" data-panel>
<h1>${title}</h1>
<p class="soft">${says}</p>
<form method="post" data-landing="${path}" data-leads="${leads}" data-told-after="${told}">
${fields}
<button>${action}</button>
</form>
</section>`
  return narrowPage(frame, { title, content, modules: ['landing.mjs'] })
}
