// The tenant's tree: organizations, teams and their members, projects; roles held in a place, and invitations to one. Each is
// shown to who may see it there, and offers what they may do there.

import type { Organization, Project, Team, TeamMember } from 'freehold'
import type { Context } from '../notes.ts'
import { listPlaces, type Places } from '../places.ts'
import { type Choice, partSelect, personSelect, roleSelect } from './choices.ts'
import { type Html, html } from './html.ts'
import { invitationsCard, rolesCard } from './shares.ts'

export async function teamsPage(context: Context): Promise<Html> {
  if (!context.access!.ever('team:read')) context.require('team:read')
  const places = await listPlaces(context)
  return html`<section class="card" aria-labelledby="teams">
<h1 id="teams">Organizations and teams</h1>
${places.organizations.map((organization) => organizationTree(context, places, organization))}
</section>
${makingCard(context, places)}
${rolesCard(context, places)}
${invitationsCard(context, places)}`
}

function organizationTree(context: Context, places: Places, organization: Organization): Html {
  const { id, name, key } = organization
  const top = places.teams.filter(({ organizationId, parentTeamId }) => {
    return organizationId === id && !places.teams.some((team) => team.id === parentTeamId)
  })
  const loose = places.projects.filter(({ organizationId, teamId }) => organizationId === id && teamId === null)
  const mayRemove = context.access!.can('organization:write', { organization })
  return html`<section class="stack" aria-labelledby="organization-${key}">
<div class="heading"><h2 id="organization-${key}">${name}</h2>
${mayRemove && removal(`/auth/organizations/${id}`, name, 'Its teams and projects go with it.')}</div>
${
  top.length + loose.length === 0
    ? html`<p class="small">Nothing is in it yet.</p>`
    : html`<ul class="tree">${top.map((team) => teamBranch(context, places, team))}${loose.map((one) => projectLeaf(context, one))}</ul>`
}
</section>`
}

function teamBranch(context: Context, places: Places, team: Team): Html {
  const members = places.members.filter(({ teamId }) => teamId === team.id)
  const below = places.teams.filter(({ parentTeamId }) => parentTeamId === team.id)
  const projects = places.projects.filter(({ teamId }) => teamId === team.id)
  const mayWrite = context.access!.can('team:write', { team })
  const above = team.parentTeamId === null ? { organization: team.organizationId } : { team: team.parentTeamId }
  const mayMove = mayWrite && context.access!.can('team:write', above)
  return html`<li>
<div class="heading"><p><strong>${team.name}</strong> <span class="small">team</span></p>
${
  mayMove &&
  html`<div class="acts">${moving(places, team)}${removal(`/auth/teams/${team.id}?contents=lift`, team.name, 'What is in it moves up.')}</div>`
}</div>
${members.length > 0 && html`<ul class="list crew">${members.map((member) => memberItem(places, team, member, mayWrite))}</ul>`}
${
  mayWrite &&
  html`<details>
<summary class="small">Add somebody to ${team.name}</summary>
<form method="post" class="row" data-path="/auth/teams/${team.id}/members">
<label>Who ${personSelect(places)}</label>
<label>As ${roleSelect('a member, no more')}</label>
<button class="slim">Add to ${team.name}</button>
</form>
</details>`
}
${
  below.length + projects.length > 0 &&
  html`<ul class="tree">${below.map((one) => teamBranch(context, places, one))}${projects.map((one) => projectLeaf(context, one))}</ul>`
}
</li>`
}

function memberItem({ names }: Places, team: Team, { principal, roleId }: TeamMember, mayWrite: boolean): Html {
  const name = names.get(principal.id) ?? principal.id
  const kind = principal.kind === 'user' ? 'users' : 'service-accounts'
  return html`<li>
<div><p>${name} ${roleId && html`<span class="badge">${names.get(roleId)}</span>`}</p></div>
<div class="acts">${mayWrite && html`<button class="quiet slim" data-method="DELETE" data-path="/auth/teams/${team.id}/members/${kind}/${principal.id}" aria-label="Take out ${name}, of ${team.name}">Take out</button>`}</div>
</li>`
}

function projectLeaf(context: Context, project: Project): Html {
  const { id, name } = project
  return html`<li><div class="heading"><p>${name} <span class="small">project</span></p>
${context.access!.can('project:write', { project }) && removal(`/auth/projects/${id}`, name, 'What is held in it goes with it.')}</div></li>`
}

/** Under another team of its organization, or none. */
function moving({ teams }: Places, { id, name, organizationId, parentTeamId }: Team): Html {
  const others = teams.filter((one) => one.organizationId === organizationId && one.id !== id)
  const options = [
    { id: null, label: 'at the top' },
    ...others.map((one) => ({ id: one.id, label: `below ${one.name}` })),
  ]
  return html`<form method="post" class="inline" data-path="/auth/teams/${id}/move" data-auto><label class="bare"><span class="unseen">${name} stands</span><select data-part>${options.map(
    (one) =>
      html`<option value="${JSON.stringify({ parentTeamId: one.id })}" ${one.id === parentTeamId && 'selected'}>${one.label}</option>`,
  )}</select></label></form>`
}

function removal(path: string, name: string, what: string): Html {
  return html`<button class="quiet slim" data-method="DELETE" data-path="${path}" data-confirm="Remove ${name}? ${what}" aria-label="Remove ${name}">Remove</button>`
}

function makingCard(context: Context, places: Places): Html | false {
  const access = context.access!
  const teams = [
    ...places.organizations
      .filter((organization) => access.can('team:write', { organization }))
      .map(({ id, name }) => ({ name, part: { organizationId: id } })),
    ...places.teams
      .filter((team) => access.can('team:write', { team }))
      .map(({ id, name, organizationId }) => ({ name: `below ${name}`, part: { organizationId, parentTeamId: id } })),
  ]
  const projects = [
    ...places.organizations
      .filter((organization) => access.can('project:write', { organization }))
      .map(({ id, name }) => ({ name, part: { organizationId: id } })),
    ...places.teams
      .filter((team) => access.can('project:write', { team }))
      .map(({ id, name, organizationId }) => ({ name, part: { organizationId, teamId: id } })),
  ]
  const mayFound = access.can('organization:write')
  if (teams.length + projects.length === 0 && !mayFound) return false
  return html`<section class="card" aria-labelledby="make">
<h2 id="make">Make another</h2>
${teams.length > 0 && making('Team', '/auth/teams', teams)}
${projects.length > 0 && making('Project', '/auth/projects', projects)}
${mayFound && making('Organization', '/auth/organizations', [])}
</section>`
}

function making(kind: string, path: string, where: readonly Choice[]): Html {
  return html`<details>
<summary>${kind}</summary>
<form method="post" class="row" data-path="${path}">
<label>Key <input name="key" pattern="[a-z0-9][a-z0-9_\\-]*" maxlength="63" autocomplete="off" required></label>
<label>Name <input name="name" maxlength="200" autocomplete="off" required></label>
${where.length > 0 && html`<label>Where ${partSelect(where)}</label>`}
<button>Make the ${kind.toLowerCase()}</button>
</form>
</details>`
}
