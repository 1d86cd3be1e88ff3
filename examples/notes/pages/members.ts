// Who belongs to the tenant, and with which role. What is done here takes effect on the next request.

import { listMembers, type Member } from '../members.ts'
import type { Context } from '../notes.ts'
import { type Html, html } from './html.ts'

const ROLES = ['owner', 'admin', 'member', 'viewer'] as const

/** What the tenant asks of everybody who signs in. */
function ruleForm({ tenant }: Context): Html {
  const { requiredAssurance = 1 } = (tenant.tenant.settings.authentication ?? {}) as { requiredAssurance?: number }
  const option = (value: number, text: string) =>
    html`<option value="${value}" ${value === requiredAssurance && 'selected'}>${text}</option>`
  return html`<section class="card" aria-labelledby="rule">
<h2 id="rule">Signing in</h2>
<p class="soft">Who has no second factor sets one up at their next sign-in, if two are asked for.</p>
<form method="post" data-method="PUT" data-path="/api/rule" data-told-after="It holds from the next sign-in on." data-auto>
<label>Everybody signs in with <select name="factors">${option(1, 'one factor')}${option(2, 'two factors')}</select></label>
</form>
</section>`
}

export async function membersPage(context: Context): Promise<Html> {
  const access = context.require('user:read')
  const members = await listMembers(context.tenant)
  const { maximum, used } = await context.tenant.entitlements.limit('members')
  const [mayAssign, mayAdd] = [access.can('assignment:write'), access.can('user:write')]
  return html`<section class="card" aria-labelledby="members">
<div class="heading">
<h1 id="members">Members</h1>
<span class="small">${used} of ${maximum ?? 'any number'} in your plan</span>
</div>
<ul class="list members">${members.map((member) => item(member, mayAssign, mayAdd && member.id !== context.principal?.id))}</ul>
</section>
${
  mayAdd &&
  html`<section class="card" aria-labelledby="invite">
<h2 id="invite">Invite somebody</h2>
<form method="post" class="row" data-path="/auth/invitations" data-told-after="The invitation is on its way.">
<label>E-mail <input type="email" name="email" autocomplete="off" required></label>
<button>Send the invitation</button>
</form>
<details>
<summary>Or add somebody with a password</summary>
<form method="post" class="row" data-path="/api/members">
<label>Name <input name="name" maxlength="100" autocomplete="off" required></label>
<label>E-mail <input type="email" name="email" autocomplete="off" required></label>
<label>Role ${roleSelect('member')}</label>
<button>Add</button>
</form>
</details>
</section>`
}${access.can('tenant:write') && ruleForm(context)}`
}

function item({ id, name, email, roles }: Member, mayAssign: boolean, mayRemove: boolean): Html {
  return html`<li>
<div><p>${name}</p><p class="small">${email}</p></div>
<div class="acts">
${
  mayAssign
    ? html`<form method="post" class="inline" data-method="PUT" data-path="/api/members/${id}/role" data-auto><label class="bare"><span class="unseen">Role of ${name}</span>${roleSelect(roles[0])}</label></form>`
    : html`<span class="badge">${roles.join(', ') || 'no role'}</span>`
}
${mayRemove && html`<button class="quiet slim" data-method="DELETE" data-path="/api/members/${id}" data-confirm="Remove ${name}? Their notes stay." aria-label="Remove ${name}">Remove</button>`}
</div>
</li>`
}

export function roleSelect(chosen: string | undefined): Html {
  return html`<select name="role">${chosen === undefined && html`<option selected disabled>no role</option>`}${ROLES.map(
    (role) => html`<option ${role === chosen && 'selected'}>${role}</option>`,
  )}</select>`
}
