// Of any change to any tenant, a diff says what checks say before and after it: wherever they are asked, of whomever.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memory } from '../../../src/adapters/memory/index.ts'
import type { AccessChange, Difference, PlaceOptions, Principal } from '../../../src/index.ts'
import { type House, makeHouse } from '../house.ts'
import { build, change, given, RESOURCES, type Spot, world } from './diff-worlds.ts'
import type { Tenant } from './furnished.ts'

let house: House
beforeAll(async () => {
  house = await makeHouse(memory())
})
afterAll(() => house.close())

type Level = 0 | 1 | 2
const LEVELS = { refused: 0, conditional: 1, allowed: 2 } as const

/** What `permissionsOf` says of everybody, at each spot, of each resource there and of one that nobody speaks of. */
async function everything(tenant: Tenant, principals: readonly Principal[], spots: readonly Spot[]) {
  const found = new Map<string, Level>()
  for (const [i, principal] of principals.entries()) {
    for (const { kind, id } of spots) {
      for (const resource of ['', 'other', ...RESOURCES]) {
        const options = {
          ...(kind === 'tenant' ? {} : { [kind]: id }),
          ...(resource === '' ? {} : { on: { type: 'note', id: resource } }),
        } as PlaceOptions
        const { allowed, conditional } = await tenant.access.permissionsOf(principal, options)
        for (const name of allowed) found.set(JSON.stringify([i, id, resource, name]), 2)
        for (const name of conditional) found.set(JSON.stringify([i, id, resource, name]), 1)
      }
    }
  }
  return (...key: readonly [number, string, string, string]): Level => found.get(JSON.stringify(key)) ?? 0
}

const idOf = (scope: Difference['scope']): string => ('id' in scope ? scope.id : '')

function covers({ scope, reach, within }: Difference, spot: Spot, resource: string): boolean {
  if (scope.kind === 'resource') return scope.id === resource && (!within || spot.around.includes(idOf(within)))
  const isHere = idOf(scope) === spot.id
  if (reach === 'self') return isHere && resource === ''
  if (reach === 'below') return isHere ? resource !== '' : spot.around.includes(idOf(scope))
  return spot.around.includes(idOf(scope))
}

describe('a diff of a generated change', () => {
  it('is what is held before and after, everywhere and by everybody', async () => {
    await fc.assert(
      fc.asyncProperty(world, change, async (made, { roles, made: policies, removed, granted, revoked, moved }) => {
        const tenant = await house.globex()
        const { ids, held, assignment, newPolicy, spots } = await build(tenant, made)
        const updates = new Map(roles)
        const wanted: AccessChange = {
          roles: { update: [...updates].map(([role, list]) => ({ role, permissions: list.map(given) })) },
          policies: {
            create: policies.map((one, i) => newPolicy(`q${i}`)(one)),
            remove: removed.filter((i) => i < made.policies.length).map((i) => `p${i}`),
          },
          assignments: {
            revoke: revoked.filter((i) => i < held.length).map((i) => held[i]!) as never,
            grant: granted.map(assignment),
          },
          ...(moved === undefined
            ? {}
            : {
                document: {
                  format: 'freehold.access/1',
                  teams: [
                    { organization: 'main', key: 'north', name: 'north', ...(moved === null ? {} : { parent: moved }) },
                  ],
                },
              }),
        }
        const principals: Principal[] = [ids.ann, ids.bob, { kind: 'service_account', id: ids.robot }] as never
        const told = await tenant.access.diff(wanted, { limit: 200 }).then(
          async (users) => [...users.items, ...(await tenant.access.diff(wanted, { kind: 'service_account' })).items],
          // the same assignment twice, for one
          () => undefined,
        )
        fc.pre(told !== undefined)
        const was = await everything(tenant, principals, spots('sales'))
        for (const { role, ...rest } of wanted.roles!.update!) await tenant.roles.update(role, rest)
        for (const one of wanted.policies!.create!) await tenant.policies.create(one)
        for (const key of wanted.policies!.remove!) await tenant.policies.remove(key)
        for (const id of wanted.assignments!.revoke!) await tenant.assignments.revoke(id)
        for (const one of wanted.assignments!.grant!) await tenant.assignments.grant(one)
        if (wanted.document) await tenant.access.import(wanted.document)
        const places = spots(moved === undefined ? 'sales' : moved)
        const is = await everything(tenant, principals, places)
        for (const [i, who] of [ids.ann, ids.bob, ids.robot].entries()) {
          const one = told!.find(({ principal }) => principal.id === who)
          const said = [...(one?.gained ?? []), ...(one?.lost ?? []), ...(one?.changed ?? [])]
          expect(one?.complete).not.toBe(false)
          for (const each of said) {
            const { permission, scope, reach, within } = each
            const [place, resource] =
              scope.kind === 'resource'
                ? [within ? idOf(within) : '', scope.id]
                : [idOf(scope), reach === 'below' ? 'other' : '']
            expect([each, was(i, place, resource, permission)]).toEqual([each, LEVELS[each.before]])
            expect([each, is(i, place, resource, permission)]).toEqual([each, LEVELS[each.after]])
          }
          for (const spot of places) {
            for (const resource of ['', 'other', ...RESOURCES]) {
              for (const permission of ['note:read', 'note:write', 'invoice:read', 'invoice:refund']) {
                const way = Math.sign(is(i, spot.id, resource, permission) - was(i, spot.id, resource, permission))
                if (way === 0) continue
                const list = way > 0 ? one?.gained : one?.lost
                const found = list?.some((each) => each.permission === permission && covers(each, spot, resource))
                expect([who, spot.kind, spot.id, resource, permission, way, found]).toEqual([
                  who,
                  spot.kind,
                  spot.id,
                  resource,
                  permission,
                  way,
                  true,
                ])
              }
            }
          }
        }
      }),
      { numRuns: 60 },
    )
  }, 300_000)
})
