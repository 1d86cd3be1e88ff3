// Choices in forms whose values are parts of what is sent to a route.

import type { Context } from '../notes.ts'
import { mayIn, type Places } from '../places.ts'
import { type Html, html } from './html.ts'

/** What is chosen, and the part of the request that says it. */
export interface Choice {
  readonly name: string
  readonly part: object
}

export function partSelect(choices: readonly Choice[]): Html {
  return html`<select data-part>${choices.map(
    ({ name, part }) => html`<option value="${JSON.stringify(part)}">${name}</option>`,
  )}</select>`
}

export function personSelect({ people }: Places): Html {
  return partSelect(people.map(({ id, name }) => ({ name, part: { principal: { kind: 'user', id } } })))
}

const ROLES = ['viewer', 'member', 'admin']

export function roleSelect(none: string): Html {
  return partSelect([{ name: none, part: {} }, ...ROLES.map((role) => ({ name: role, part: { role } }))])
}

/** The places in which somebody may do this, each as answers name it. */
export function placeChoices(
  context: Context,
  { organizations, teams, projects }: Places,
  permission: 'assignment:write' | 'invitation:write',
): {
  readonly name: string
  readonly place: { readonly kind: 'organization' | 'team' | 'project'; readonly id: string }
}[] {
  const all = [
    ...organizations.map(({ id, name }) => ({ name, place: { kind: 'organization', id } as const })),
    ...teams.map(({ id, name }) => ({ name, place: { kind: 'team', id } as const })),
    ...projects.map(({ id, name }) => ({ name, place: { kind: 'project', id } as const })),
  ]
  return all.filter(({ place }) => mayIn(context, permission, place))
}
