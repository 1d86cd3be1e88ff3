// Lists show what each row's own route would tell, and nothing of places in which who asks may not read.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTown, outcome, type Town } from './callers.ts'

let house: Town
beforeAll(async () => {
  house = await openTown()
  const { acme, north, crew } = house
  const read = ['team', 'project', 'resource', 'assignment', 'invitation'].map((resource) => ({
    resource,
    actions: ['read'],
  }))
  await acme.roles.create({ key: 'reader', permissions: read })
  await acme.roles.create({ key: 'blind', permissions: read.map((entry) => ({ ...entry, effect: 'deny' as const })) })
  await acme.projects.create({ organization: north, key: 'secret', team: crew })
  const thing = await acme.resources.register({ type: 'note', externalId: 'listed', in: { team: crew } })
  const somebody = await acme.users.create({ email: 'listed@example.test' })
  await acme.teams.members.add(crew, { principal: somebody })
  await acme.assignments.grant({ principal: somebody, role: 'viewer', scope: { team: crew } })
  await acme.assignments.grant({ principal: somebody, role: 'viewer', scope: { resource: thing } })
  await acme.invitations.send({ email: 'asked@example.test', to: { team: crew } })
})
afterAll(() => house[Symbol.asyncDispose]())

interface Row {
  readonly id: string
  readonly organizationId?: string
  readonly teamId?: string
  readonly in?: { readonly kind: string }
  readonly to?: { readonly kind: string }
  readonly scope?: { readonly kind: string }
}

const LISTS = ['teams', 'projects', 'resources', 'assignments', 'invitations', 'team-members'] as const

/** Rows of each list that are in a place. */
async function shown(asker: Awaited<ReturnType<Town['person']>>, more = '') {
  const counts: Record<string, number> = {}
  for (const list of LISTS) {
    const { items } = (await asker.ask('GET', `${list}${more}`)) as unknown as { items: readonly Row[] }
    const placed = items.filter((row) => {
      const kind = (row.in ?? row.to ?? row.scope)?.kind
      return kind === undefined ? (row.organizationId ?? row.teamId) !== undefined : kind !== 'tenant'
    })
    counts[list] = placed.length
  }
  return counts
}

const nothing = Object.fromEntries(LISTS.map((list) => [list, 0]))

describe('a list', () => {
  it('shows rows of every place to who may read them everywhere', async () => {
    const reader = await house.person(house.acme, { role: 'reader' })
    const counts = await shown(reader)
    for (const list of LISTS) expect(counts[list], list).toBeGreaterThan(0)
  })

  it('shows nothing below the scope of what counts there alone', async () => {
    const { acme, north, crew } = house
    expect(await shown(await house.person(acme, { role: 'reader', flow: 'self' }))).toEqual(nothing)
    const inNorth = await house.person(acme, { role: 'reader', scope: { organization: north }, flow: 'self' })
    expect(await outcome(inNorth.ask('GET', `teams/${crew.id}`))).toBe('403 FORBIDDEN')
    for (const list of ['teams', 'projects'] as const) {
      expect((await inNorth.ask('GET', `${list}?organizationId=${north.id}`)).items, list).toEqual([])
    }
  })

  it('shows nothing of a place in which it is denied', async () => {
    const { acme, north, crew } = house
    const asker = await house.person(acme, { role: 'reader' }, { role: 'blind', scope: { organization: north } })
    expect(await outcome(asker.ask('GET', `teams/${crew.id}`))).toBe('403 FORBIDDEN')
    for (const list of LISTS) {
      const { items } = (await asker.ask('GET', list)) as unknown as { items: readonly Row[] }
      expect(JSON.stringify(items), list).not.toContain(crew.id)
    }
    const { items } = await asker.ask('GET', 'resources')
    expect(JSON.stringify(items)).not.toContain('listed')
  })
})
