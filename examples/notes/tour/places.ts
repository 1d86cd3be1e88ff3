// Who manages one team manages it there alone; who was invited to it answers for themselves; a key asks what it may do.

import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'
import type { Answer } from './visitor.ts'

interface Named {
  readonly id: string
  readonly key: string
}

export async function places({ print, step, visitor, signIn, idOf, letterTo, cast, demo }: Tour): Promise<void> {
  const { ben, cleo, atAcme } = cast
  const [bens, cleos] = [visitor('acme'), visitor('acme')]
  const itemsOf = (answer: Answer) => (answer.json as unknown as { items: Named[] }).items
  const teamOf = async (key: string) => itemsOf(await atAcme.get('/auth/teams')).find((team) => team.key === key)!
  const factory = itemsOf(await atAcme.get('/auth/organizations')).find(({ key }) => key === 'factory')!
  const [rockets, anvils] = [await teamOf('rockets'), await teamOf('anvils')]
  const key = `tour-${Date.now()}`
  const below = { organizationId: factory.id, parentTeamId: rockets.id }
  const cleosId = await signIn(cleos, cleo).then(() => idOf(cleos))
  let team = ''

  print('\nTeams')
  await step('Ana makes a team in the factory, and Cleo, a viewer, its admin.', async () => {
    const made = await atAcme.post('/auth/teams', { ...below, key, name: 'Parachutes' })
    team = (made.json.team as Named).id
    same([outcome(await cleos.get(`/auth/teams/${team}`)), (await cleos.get('/teams')).status], ['403 FORBIDDEN', 403])
    const principal = { kind: 'user', id: cleosId }
    same(outcome(await atAcme.post(`/auth/teams/${team}/members`, { principal, role: 'admin' })), '201')
  })
  await step('Cleo manages that team from her next request on, and nothing else.', async () => {
    same(outcome(await cleos.post(`/auth/teams/${team}`, { name: 'Parachutes and kites' })), '200')
    same(outcome(await cleos.post('/auth/teams', { ...below, parentTeamId: team, key: `${key}-kites` })), '201')
    const elsewhere = [
      await cleos.get(`/auth/teams/${rockets.id}`),
      await cleos.post(`/auth/teams/${anvils.id}`, { name: 'Mine' }),
      await cleos.post('/auth/teams', { ...below, key: `${key}-mine` }),
      await cleos.post(`/auth/teams/${team}/move`, { parentTeamId: null }),
      await cleos.get('/auth/assignments'),
    ]
    same(elsewhere.map(outcome), Array(5).fill('403 FORBIDDEN'))
    const page = await cleos.get('/teams')
    same([page.status, page.text.includes('Parachutes and kites'), page.text.includes('Anvils')], [200, true, false])
  })
  await step('She gives nobody there what she does not hold herself, and only there what she does.', async () => {
    const principal = { kind: 'user', id: await signIn(bens, ben).then(() => idOf(bens)) }
    const give = async (role: string, scope: object) =>
      outcome(await cleos.post('/auth/assignments', { principal, role, scope, forMs: 60_000 }))
    same(
      [
        await give('owner', { kind: 'team', id: team }),
        await give('viewer', { kind: 'team', id: anvils.id }),
        await give('viewer', { kind: 'tenant' }),
        await give('viewer', { kind: 'team', id: team }),
      ],
      ['403 GRANT_REFUSED', '403 FORBIDDEN', '403 FORBIDDEN', '201'],
    )
  })
  await step(
    'Ben is invited to the team by letter, and accepts with his account; nobody else can, and he once.',
    async () => {
      const sent = await cleos.post('/auth/invitations', { email: ben.email, to: { kind: 'team', id: team } })
      const { id } = sent.json.invitation as Named
      await letterTo(ben.email, 'link')
      const path = `/auth/me/invitations/${id}/accept`
      same(outcome(await atAcme.post(path, {})), '404 INVITATION_UNKNOWN')
      same((await bens.get('/account')).text.includes('You are invited'), true)
      same([outcome(await bens.post(path, {})), outcome(await bens.post(path, {}))], ['200', '409 INVITATION_ENDED'])
      same(itemsOf(await cleos.get(`/auth/teams/${team}/members`)).length, 2)
    },
  )
  await step('A program asks with its key what it may do; a key for a part of that says the part.', async () => {
    const acme = await demo.freehold.tenant('acme')
    const robot = await acme.serviceAccounts.create({ name: `${key} robot` })
    await acme.assignments.grant({ principal: robot, role: 'member', for: 60_000 })
    const may = async (permissions?: string[]) => {
      const { secret } = await acme.apiKeys.create({
        serviceAccount: robot,
        name: 'tour',
        ...(permissions && { permissions }),
      })
      const { json } = await visitor('acme').get('/auth/me/permissions', { authorization: `Bearer ${secret}` })
      return json.allowed
    }
    same([await may(), await may(['note:read'])], [['note:read', 'note:write'], ['note:read']])
    await acme.serviceAccounts.disable(robot)
  })
  await step('Ana removes the team: what Cleo held there is gone with it.', async () => {
    same(outcome(await atAcme.send('DELETE', `/auth/teams/${team}?contents=remove`)), '204')
    same(outcome(await cleos.get(`/auth/teams/${team}`)), '403 FORBIDDEN')
    same((await cleos.get('/teams')).status, 403)
  })
}
