// Invitations over HTTP: sent, listed, sent again and revoked by who may where they lead; accepted and declined by who was
// invited, and nobody else.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tokenIn } from '../../src/adapters/testing/index.ts'
import type { Organization, Team } from '../../src/index.ts'
import { NOBODY, openTown, outcome, type Person, type Town } from './callers.ts'

let house: Town
let owner: Person
let northerner: Person
let north: Organization
let south: Organization
let crew: Team

beforeAll(async () => {
  house = await openTown()
  ;({ owner, northerner, north, south, crew } = house)
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  await house.mailbox.last()
  house.mailbox.clear()
})

let number = 0
const address = () => `guest${++number}@example.test`
const mailed = async (to: string) => tokenIn(await house.mailbox.last({ to, kind: 'invitation' })) ?? ''
const inNorth = () => ({ kind: 'organization', id: north.id })

/** A user whose address is proven. */
async function proven(): Promise<Person> {
  const one = await house.person(house.acme)
  await house.acme.accounts.requestEmailVerification({ email: one.user.email })
  const token = tokenIn(await house.mailbox.last({ to: one.user.email, kind: 'email-verification' })) ?? ''
  expect(await outcome(one.ask('POST', 'email-verification', { token }))).toBe(200)
  return one
}

describe('invitations over HTTP', () => {
  it('lead where they say, and let who was invited in with what they give', async () => {
    const email = address()
    const sent = await northerner.ask('POST', 'invitations', { email, to: inNorth(), roles: ['viewer'] })
    expect([sent.status, sent.invitation]).toMatchObject([
      202,
      { email, to: inNorth(), status: 'pending', sentCount: 1, invitedBy: { type: 'user', id: northerner.user.id } },
    ])
    expect(JSON.stringify(sent)).not.toContain(await mailed(email))
    const stranger = house.stranger(house.acme)
    const token = await mailed(email)
    const looked = await stranger.ask('POST', 'invitations/look', { token })
    expect([looked.registered, looked.invitation.to]).toEqual([false, inNorth()])
    const entered = await stranger.ask('POST', 'invitations/accept', { token, name: 'Gus', transport: 'body' })
    expect(entered.status).toBe(201)
    const held = (await house.acme.assignments.list({ principal: entered.user.id })).items
    expect(held).toMatchObject([{ scope: inNorth() }])
    const told = await northerner.ask('GET', `invitations/${sent.invitation.id}`)
    expect(told.invitation).toMatchObject({ status: 'accepted', acceptedBy: entered.user.id })
    expect(await outcome(northerner.ask('POST', `invitations/${sent.invitation.id}/revoke`))).toBe(
      '409 INVITATION_ENDED',
    )
  })

  it('are listed by state, address and place, sent again, and revoked', async () => {
    const [one, two] = [address(), address()]
    const toTeam = { kind: 'team', id: crew.id }
    const first = (await owner.ask('POST', 'invitations', { email: one, to: toTeam })).invitation
    const second = (await owner.ask('POST', 'invitations', { email: two, roles: ['viewer'] })).invitation
    const listed = async (query: string) => (await owner.ask('GET', `invitations?${query}`)).items
    expect(await listed(`teamId=${crew.id}`)).toEqual([first])
    expect(await listed(`email=${two}`)).toEqual([second])
    expect(await listed('status=pending&limit=200')).toEqual(expect.arrayContaining([first, second]))
    const old = await mailed(two)
    const again = await owner.ask('POST', `invitations/${second.id}/resend`, {})
    expect([again.status, again.invitation.sentCount]).toEqual([202, 2])
    expect(await outcome(house.stranger(house.acme).ask('POST', 'invitations/look', { token: old }))).toBe(
      '403 CHALLENGE_REFUSED',
    )
    const revoked = await owner.ask('POST', `invitations/${second.id}/revoke`)
    expect([revoked.status, revoked.invitation.status]).toEqual([200, 'revoked'])
    expect(await outcome(owner.ask('POST', `invitations/${second.id}/resend`))).toBe('409 INVITATION_ENDED')
  })

  it('are managed in an organization by who may there, and nowhere else', async () => {
    const { invitation: elsewhere } = await owner.ask('POST', 'invitations', {
      email: address(),
      to: { kind: 'organization', id: south.id },
      roles: ['viewer'],
    })
    const email = address()
    const sent = await northerner.ask('POST', 'invitations', { email, to: { kind: 'team', id: crew.id } })
    expect(sent.status).toBe(202)
    expect(await outcome(northerner.ask('GET', `invitations?organizationId=${north.id}`))).toBe(200)
    expect(await outcome(northerner.ask('POST', `invitations/${sent.invitation.id}/resend`, {}))).toBe(202)
    for (const [method, path, body] of [
      ['POST', 'invitations', { email: address() }],
      ['POST', 'invitations', { email: address(), to: { kind: 'tenant' }, roles: ['viewer'] }],
      ['POST', 'invitations', { email: address(), to: { kind: 'organization', id: south.id }, roles: ['viewer'] }],
      ['GET', 'invitations', undefined],
      ['GET', `invitations?organizationId=${south.id}`, undefined],
      ['GET', `invitations/${elsewhere.id}`, undefined],
      ['POST', `invitations/${elsewhere.id}/resend`, {}],
      ['POST', `invitations/${elsewhere.id}/revoke`, {}],
    ] as const) {
      expect([path, await outcome(northerner.ask(method, path, body))]).toEqual([path, '403 FORBIDDEN'])
    }
    expect((await house.acme.invitations.get(elsewhere.id)).status).toBe('pending')
  })

  it('give nothing that who sends them does not hold', async () => {
    const give = { email: address(), to: inNorth(), roles: ['owner'] }
    expect(await outcome(northerner.ask('POST', 'invitations', give))).toBe('403 GRANT_REFUSED')
    await house.acme.roles.create({
      key: 'host',
      permissions: [{ resource: 'invitation', actions: ['read', 'write'] }],
    })
    const host = await house.person(house.acme, { role: 'host' })
    expect(await outcome(host.ask('POST', 'invitations', { email: address(), roles: ['admin'] }))).toBe(
      '403 GRANT_REFUSED',
    )
    expect(await outcome(host.ask('POST', 'invitations', { email: address() }))).toBe(202)
  })
})

describe('who was invited', () => {
  it('A02: sees their own when their address is proven, accepts by id or link, once', async () => {
    const guest = await proven()
    const { email } = guest.user
    const toTeam = { kind: 'team', id: crew.id }
    const [byId, byLink] = [
      (await owner.ask('POST', 'invitations', { email, to: inNorth(), roles: ['viewer'] })).invitation,
      (await owner.ask('POST', 'invitations', { email, to: toTeam })).invitation,
    ]
    const token = await mailed(email)
    expect(await outcome(guest.ask('POST', 'invitations/look', { token }))).toBe(200)
    const { items } = await guest.ask('GET', 'me/invitations')
    expect(items.map(({ id }: { id: string }) => id)).toEqual([byId.id, byLink.id])
    expect(Object.keys(items[0]).sort()).toEqual(['email', 'expiresAt', 'id', 'status', 'to'])
    const accepted = await guest.ask('POST', `me/invitations/${byId.id}/accept`, {})
    expect([accepted.status, accepted.invitation.status]).toEqual([200, 'accepted'])
    expect(await outcome(guest.ask('POST', `me/invitations/${byId.id}/accept`, {}))).toBe('409 INVITATION_ENDED')
    expect(await outcome(guest.ask('POST', 'me/invitations/accept', { token }))).toBe(200)
    expect((await guest.ask('GET', 'me/teams')).items).toMatchObject([{ teamId: crew.id }])
    expect((await guest.ask('GET', 'me/invitations')).items).toEqual([])
  })

  it('A02: is nobody else, nor somebody whose address is not proven', async () => {
    const guest = await proven()
    const other = await proven()
    const { email } = guest.user
    const give = { email, to: inNorth(), roles: ['viewer'] }
    const { invitation } = await owner.ask('POST', 'invitations', give)
    const token = await mailed(email)
    for (const verb of ['accept', 'decline']) {
      const path = `me/invitations/${invitation.id}/${verb}`
      expect(await outcome(other.ask('POST', path, {}))).toBe('404 INVITATION_UNKNOWN')
      expect(await outcome(house.stranger(house.acme).ask('POST', path, {}))).toBe('401 UNAUTHENTICATED')
      expect(await outcome(other.ask('POST', `me/invitations/${NOBODY}/${verb}`, {}))).toBe('404 INVITATION_UNKNOWN')
    }
    expect(await outcome(other.ask('POST', 'me/invitations/accept', { token }))).toBe('403 CHALLENGE_REFUSED')
    expect((await other.ask('GET', 'me/invitations')).items).toEqual([])
    const unproven = await house.person(house.acme)
    const { invitation: theirs } = await owner.ask('POST', 'invitations', { ...give, email: unproven.user.email })
    expect((await unproven.ask('GET', 'me/invitations')).items).toEqual([])
    expect(await outcome(unproven.ask('POST', `me/invitations/${theirs.id}/accept`, {}))).toBe('404 INVITATION_UNKNOWN')
    expect((await house.acme.invitations.get(invitation.id)).status).toBe('pending')
  })

  it('declines by id, signed in, or by the link alone', async () => {
    const guest = await proven()
    const give = { email: guest.user.email, to: inNorth(), roles: ['viewer'] }
    const { invitation } = await owner.ask('POST', 'invitations', give)
    const declined = await guest.ask('POST', `me/invitations/${invitation.id}/decline`, {})
    expect([declined.status, declined.invitation.status]).toEqual([200, 'declined'])
    const email = address()
    await owner.ask('POST', 'invitations', { ...give, email })
    const [stranger, token] = [house.stranger(house.acme), await mailed(email)]
    // A02: a link is one tenant's
    expect(await outcome(house.stranger(house.globex).ask('POST', 'invitations/decline', { token }))).toBe(
      '403 CHALLENGE_REFUSED',
    )
    expect((await stranger.ask('POST', 'invitations/decline', { token })).invitation.status).toBe('declined')
    expect(await outcome(stranger.ask('POST', 'invitations/accept', { token, transport: 'body' }))).toBe(
      '403 CHALLENGE_REFUSED',
    )
  })

  it('A09: ids of another tenant and of nobody are answered alike', async () => {
    const theirs = await house.globex.invitations.send({ email: address(), roles: ['viewer'] })
    for (const id of [theirs.id, NOBODY]) {
      const path = `invitations/${id}`
      for (const [method, way] of [
        ['GET', ''],
        ['POST', '/resend'],
        ['POST', '/revoke'],
      ] as const) {
        const body = method === 'POST' ? {} : undefined
        expect(await outcome(owner.ask(method, path + way, body))).toBe('404 INVITATION_UNKNOWN')
        expect(await outcome(northerner.ask(method, path + way, body))).toBe('403 FORBIDDEN')
      }
    }
    expect((await house.globex.invitations.get(theirs)).status).toBe('pending')
  })
})
