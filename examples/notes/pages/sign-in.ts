// Pages for strangers at a tenant: the ways in, signing up, a forgotten password, and what cannot be shown.

import { type Person, people } from '../open.ts'
import { type Html, html } from './html.ts'
import { icon } from './icons.ts'
import { type Frame, narrowPage } from './layout.ts'

/** `title` is the problem's own: it tells nobody more than its code does. */
export function problemPage(frame: Frame, { title, back = false }: { title: string; back?: boolean }): Html {
  const content = html`<section class="card">
<h1>${title}</h1>
<p class="soft">There is nothing for you to see at this address.</p>
${back && html`<p><a href="/">Back to the first page</a></p>`}
</section>`
  return narrowPage(frame, { title, content })
}

export function signInPage(frame: Frame, refreshable: boolean): Html {
  const { name, slug } = frame.tenant!
  const own = people.filter(({ tenant }) => tenant === slug)
  const content = html`
${refreshable && html`<p class="card" role="status" data-renewing>Picking up your session at ${name} …</p>`}
<section class="card" data-panel ${refreshable && 'hidden'}>
<h1>Sign in to ${name}</h1>
<form method="post" data-way="password">
<label>E-mail <input type="email" name="email" autocomplete="username" required></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
<p class="or"><span>or</span></p>
<button class="quiet" data-way="passkey">${icon('passkey')} Use a passkey</button>
<details>
<summary>${icon('mail')} Get a link or a code</summary>
<form method="post" data-way="message">
<label>E-mail or telephone number <input name="to" autocomplete="email" placeholder="ana@acme.test or +34 600 000 042" required></label>
<div class="acts start">
<button class="quiet slim" value="link">Send a link</button>
<button class="quiet slim" value="code">Send a code</button>
</div>
</form>
</details>
<p class="ends"><a href="/forgot">Forgot your password?</a> <a href="/sign-up">Create an account</a></p>
</section>
${
  own.length > 0 &&
  html`<section class="people" aria-labelledby="people" data-people ${refreshable && 'hidden'}>
<h2 id="people">People of the demo</h2>
<div class="acts">${own.map(personButton)}</div>
</section>`
}`
  return narrowPage(frame, { title: 'Sign in', content, modules: ['sign-in.mjs'] })
}

/** What fills the form in. The passwords are in the source, and open nothing but this demo. */
function personButton({ name, role, email, password }: Person): Html {
  return html`<button class="quiet slim" data-email="${email}" data-password="${password}">${name}, ${role}</button>`
}

export function signUpPage(frame: Frame): Html {
  const { name } = frame.tenant!
  const content = html`<section class="card" data-panel>
<h1>Create an account at ${name}</h1>
<p class="soft">We send a link to your address. There is no account before you open it, so nobody can take your address first.</p>
<form method="post" data-message="/auth/sign-up" data-sent="If you can have an account with this address, a letter is on its way. Open its link to go on.">
<label>E-mail <input type="email" name="email" autocomplete="email" required></label>
<button>Send the link</button>
</form>
<p class="ends"><a href="/">I have an account</a></p>
</section>`
  return narrowPage(frame, { title: 'Create an account', content, modules: ['sign-in.mjs'] })
}

export function forgotPage(frame: Frame): Html {
  const { name } = frame.tenant!
  const content = html`<section class="card" data-panel>
<h1>A new password for ${name}</h1>
<p class="soft">We send a link by which you choose a new one. It is good once, for an hour. Second factors stay.</p>
<form method="post" data-message="/auth/password-reset/request" data-sent="If somebody has an account with this address, a letter is on its way.">
<label>E-mail <input type="email" name="email" autocomplete="username" required></label>
<button>Send the link</button>
</form>
<p class="ends"><a href="/">Back to signing in</a></p>
</section>`
  return narrowPage(frame, { title: 'A new password', content, modules: ['sign-in.mjs'] })
}
