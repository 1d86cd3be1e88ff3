// `require` before a host's own routes, where what is asked about is said by the path: on every framework.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NewAssignment, Organization, Project, Team } from '../../../src/index.ts'
import type { Browser } from './browser.ts'
import { FRAMEWORKS, openWorld, PASSWORD, type World } from './world.ts'

const NOBODY = '01890000-0000-7000-8000-000000000000'

describe.each(FRAMEWORKS)('places on %s', (framework) => {
  let world: World
  let north: Organization
  let crew: Team
  let hands: Team
  let sail: Project
  let dock: Project
  beforeAll(async () => {
    world = await openWorld(framework)
    const { acme } = world
    north = await acme.organizations.create({ key: 'north', name: 'North' })
    crew = await acme.teams.create({ organization: north, key: 'crew' })
    hands = await acme.teams.create({ organization: north, key: 'hands', parent: crew })
    sail = await acme.projects.create({ organization: north, key: 'sail', team: hands })
    dock = await acme.projects.create({ organization: north, key: 'dock' })
    const permissions = [{ resource: 'note', actions: ['read'], fields: ['title', 'body'] }]
    await acme.roles.create({ key: 'skimmer', permissions })
  })
  afterAll(() => world[Symbol.asyncDispose]())

  async function holding(granted: Omit<NewAssignment, 'principal'>): Promise<Browser> {
    const user = await world.user(world.acme)
    await world.acme.assignments.grant({ principal: user, ...granted })
    const browser = world.browser('acme')
    await browser.signIn(user.email, PASSWORD)
    return browser
  }
  const outcome = async (answer: ReturnType<Browser['get']>) => {
    const { status, json } = await answer
    return json?.code ? `${status} ${json.code}` : status
  }
  /** What each path is answered with. */
  const outcomes = async (browser: Browser, ...paths: string[]) => {
    const all: (string | number)[] = []
    for (const path of paths) all.push(await outcome(browser.get(path)))
    return all
  }

  it('count what is held in a team in the teams and projects below it, and not above or beside', async () => {
    const browser = await holding({ role: 'viewer', scope: { team: hands } })
    expect(
      await outcomes(
        browser,
        `/team/${hands.id}`,
        `/project/${sail.id}`,
        `/team/${crew.id}`,
        `/project/${dock.id}`,
        `/in/${north.id}/notes`,
        '/notes',
      ),
    ).toEqual([200, 200, ...Array(4).fill('403 FORBIDDEN')])
  })

  it('count what is held in an organization in all of it, and in a project in this alone', async () => {
    const whole = await holding({ role: 'viewer', scope: { organization: north } })
    expect(await outcomes(whole, `/team/${hands.id}`, `/project/${dock.id}`)).toEqual([200, 200])
    const one = await holding({ role: 'viewer', scope: { project: sail } })
    expect(await outcomes(one, `/project/${sail.id}`, `/project/${dock.id}`, `/team/${hands.id}`)).toEqual([
      200,
      '403 FORBIDDEN',
      '403 FORBIDDEN',
    ])
  })

  it('count what is held in any of several places', async () => {
    const browser = await holding({ role: 'viewer', scope: { project: dock } })
    expect(
      await outcomes(browser, `/among/${crew.id}/${dock.id}`, `/among/${crew.id}/${sail.id}`, `/team/${crew.id}`),
    ).toEqual([200, '403 FORBIDDEN', '403 FORBIDDEN'])
  })

  it('count what is held on just the one thing that the path names', async () => {
    await world.acme.resources.register({ type: 'note', externalId: `log-${framework}` })
    const resource = { type: 'note', externalId: `log-${framework}` }
    const browser = await holding({ role: 'viewer', scope: { resource } })
    expect(await outcomes(browser, `/on/log-${framework}`, '/on/ledger', '/notes')).toEqual([
      200,
      '403 FORBIDDEN',
      '403 FORBIDDEN',
    ])
  })

  it('take the fields that are acted on: each must be allowed, and none said is all of them', async () => {
    const browser = await holding({ role: 'skimmer' })
    expect(
      await outcomes(browser, '/fields/title', '/fields/title+body', '/fields/title+price', '/fields/price', '/notes'),
    ).toEqual([200, 200, '403 FORBIDDEN', '403 FORBIDDEN', '403 FORBIDDEN'])
  })

  it('A09: answer a place that is nobody’s, another tenant’s or another kind’s alike, and strangers before all', async () => {
    const abroad = await world.globex.organizations.create({ key: `abroad-${framework}`, name: 'Abroad' })
    const spies = await world.globex.teams.create({ organization: abroad, key: 'spies' })
    const plot = await world.globex.projects.create({ organization: abroad, key: 'plot' })
    const browser = await holding({ role: 'owner' })
    for (const id of [spies.id, NOBODY, sail.id, 'x']) {
      expect(await outcome(browser.get(`/team/${id}`))).toBe('404 TEAM_UNKNOWN')
      expect(await outcome(world.browser('acme').get(`/team/${id}`))).toBe('401 UNAUTHENTICATED')
    }
    for (const id of [plot.id, NOBODY, crew.id, 'x']) {
      expect(await outcome(browser.get(`/project/${id}`))).toBe('404 PROJECT_UNKNOWN')
      expect(await outcome(browser.get(`/among/${crew.id}/${id}`))).toBe('404 PROJECT_UNKNOWN')
    }
  })

  it('change with the next request after a team or project was moved', async () => {
    const { acme } = world
    const team = await acme.teams.create({ organization: north, key: 'tars' })
    const project = await acme.projects.create({ organization: north, key: 'rope', team })
    const browser = await holding({ role: 'viewer', scope: { team: crew } })
    expect(await outcomes(browser, `/team/${team.id}`, `/project/${project.id}`)).toEqual(
      Array(2).fill('403 FORBIDDEN'),
    )
    await acme.teams.move(team, { parent: hands })
    expect(await outcomes(browser, `/team/${team.id}`, `/project/${project.id}`)).toEqual([200, 200])
    await acme.projects.update(project, { team: null })
    expect(await outcomes(browser, `/team/${team.id}`, `/project/${project.id}`)).toEqual([200, '403 FORBIDDEN'])
  })

  it('are managed over HTTP by who may there, and what changes counts with the next request', async () => {
    const chief = await holding({ role: 'admin', scope: { team: crew } })
    const user = await world.user(world.acme)
    const member = world.browser('acme')
    await member.signIn(user.email, PASSWORD)
    const made = await chief.post('/auth/teams', { organizationId: north.id, parentTeamId: crew.id, key: 'oars' })
    expect([made.status, made.json.team.parentTeamId]).toEqual([201, crew.id])
    const { id } = made.json.team
    expect(await outcome(member.get(`/team/${id}`))).toBe('403 FORBIDDEN')
    const principal = { kind: 'user', id: user.id }
    expect((await chief.post(`/auth/teams/${id}/members`, { principal, role: 'viewer' })).status).toBe(201)
    expect(await outcome(member.get(`/team/${id}`))).toBe(200)
    expect((await chief.send('DELETE', `/auth/teams/${id}/members/users/${user.id}`)).status).toBe(204)
    expect(await outcome(member.get(`/team/${id}`))).toBe('403 FORBIDDEN')
    const scope = { kind: 'team', id }
    const granted = await chief.post('/auth/assignments', { principal, role: 'viewer', scope })
    expect(granted.status).toBe(201)
    expect(await outcome(member.get(`/team/${id}`))).toBe(200)
    expect((await chief.send('DELETE', `/auth/assignments/${granted.json.assignment.id}`)).status).toBe(204)
    expect(await outcome(member.get(`/team/${id}`))).toBe('403 FORBIDDEN')
    for (const refused of [
      chief.post('/auth/teams', { organizationId: north.id, key: 'mine' }),
      chief.post('/auth/assignments', { principal, role: 'viewer' }),
      chief.get('/auth/team-members'),
    ]) {
      expect(await outcome(refused)).toBe('403 FORBIDDEN')
    }
    expect(await outcome(chief.post(`/auth/teams/${id}`, { name: 'Oars', extra: 1 }))).toBe('422 INPUT_INVALID')
    const foreign = { headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' } }
    expect(await outcome(chief.post(`/auth/teams/${id}`, { name: 'Evil' }, foreign))).toBe('403 CSRF_REFUSED')
    expect(await outcome(chief.send('DELETE', `/auth/teams/${id}`))).toBe(204)
  })
})
