// Drives a storage and the reference model side by side through a random history of one user with two sessions.

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Storage } from '../../src/core/storage/storage.ts'
import type { Row } from '../../src/core/storage/tables.ts'
import { testKeys } from '../setup/context.ts'
import { type Expected, type Issued, type Limits, Model } from './model.ts'
import { makeWorld } from './world.ts'

export type Step =
  /** Any token ever issued: so many back from the newest. */
  | { readonly do: 'refresh'; readonly family: number; readonly back: number }
  | { readonly do: 'forge'; readonly family: number; readonly back: number; readonly at: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'sign-out'; readonly family: number; readonly back: number }
  | { readonly do: 'everywhere' | 'backup' | 'restore' | 'new key' | 'disable' | 'enable' }
  | { readonly do: 'others'; readonly family: number }

export interface Bench {
  readonly storage: Storage
  readonly limits: Limits
  /** The clock of processes and model. */
  readonly now: () => number
  /** Lets time pass for a tenant. */
  pass(ms: number, tenantId: string): Promise<void>
  /** Milliseconds that were passed by making rows older. */
  readonly aged: () => number
}

export function steps(waits: readonly number[], maxLength: number): fc.Arbitrary<Step[]> {
  const family = fc.integer({ min: 0, max: 1 })
  // mostly the newest few
  const back = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(0, 0, 0, 1, 1, 2) }, fc.integer({ min: 3, max: 12 }))
  const kind = <S extends Step['do']>(...names: S[]) => fc.constantFrom(...names.map((name) => ({ do: name })))
  // rare is what ends a family: a history of a dead one tells little
  const step = fc.oneof(
    { weight: 60, arbitrary: fc.record({ do: fc.constant('refresh' as const), family, back }) },
    { weight: 16, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(...waits) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('forge' as const), family, back, at: fc.nat(119) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('others' as const), family }) },
    { weight: 12, arbitrary: kind('backup', 'restore', 'new key', 'enable') },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('sign-out' as const), family, back }) },
    { weight: 1, arbitrary: kind('everywhere', 'disable') },
  )
  return fc.array(step as fc.Arbitrary<Step>, { maxLength, size: 'max' })
}

const refresh = (back: number): Step => ({ do: 'refresh', family: 0, back })
const pass = (ms: number): Step => ({ do: 'pass', ms })

/** Histories that every run begins with: the rare ones, each the shortest that tells a rule from its neighbours. */
export function directed({ graceMs: grace, idleMs, retryCap }: Limits): [Step[]][] {
  const day = 86_400_000
  const histories: Step[][] = [
    // a parent within its grace, at its end, and beyond the cap
    [refresh(0), pass(grace - 2_000), refresh(1), pass(2_000), refresh(1)],
    [refresh(0), ...Array<Step>(retryCap + 2).fill(refresh(1)), refresh(0), refresh(1)],
    // a grandparent within its own grace, and beyond it within the grace of the last rotation
    [refresh(0), refresh(0), refresh(2), refresh(0)],
    [refresh(0), pass(grace), refresh(0), refresh(2), refresh(0)],
    [refresh(0), pass(grace - 2_000), refresh(0), pass(3_000), refresh(2)],
    [refresh(0), refresh(0), refresh(0), refresh(3), refresh(0)],
    // a backup: ahead, then forked; and one of before a sign-out everywhere
    [{ do: 'backup' }, refresh(0), refresh(0), { do: 'restore' }, refresh(0), refresh(1), refresh(2), refresh(2)],
    [{ do: 'backup' }, { do: 'everywhere' }, { do: 'restore' }, refresh(0)],
    [{ do: 'others', family: 0 }, refresh(0), { do: 'others', family: 1 }, refresh(0)],
    [{ do: 'new key' }, refresh(0), { do: 'new key' }, refresh(1), refresh(0), refresh(1)],
    [{ do: 'disable' }, refresh(0), { do: 'enable' }, refresh(0), refresh(1)],
    [refresh(0), { do: 'sign-out', family: 0, back: 1 }, refresh(0)],
    // in use every 13 days, and over after 30
    [pass(idleMs - day), refresh(0), pass(idleMs - day), refresh(0), pass(4 * day), refresh(0)],
  ]
  return histories.map((history) => [history])
}

/** One history. Throws where the storage's answer or row is not what the model says. */
export async function play(bench: Bench, history: readonly Step[]): Promise<void> {
  const { limits, now } = bench
  const settings = {
    refreshGraceMs: limits.graceMs,
    refreshRetryCap: limits.retryCap,
    idleTimeoutMs: limits.idleMs,
    absoluteTimeoutMs: limits.absoluteMs,
  }
  const world = await makeWorld(bench.storage, { settings, now })
  const user = { epoch: 0, active: true }
  const userId = await world.newUser()
  let keys = { ...testKeys }
  let process = world.process({ keys })
  const families = await Promise.all(
    [0, 1].map(async () => {
      const { session, tokens } = (await process.open(userId))!
      const first: Issued = { text: tokens.refreshToken, generation: 0 }
      return { id: session.id, model: new Model(user, limits, first, now()), issued: [first] }
    }),
  )
  let backup: { rows: Row<'sessions'>[]; models: Model['family'][]; aged: number } | undefined
  const pick = (n: number, back: number) => {
    const { issued, ...rest } = families[n]!
    return { ...rest, issued, token: issued[Math.max(0, issued.length - 1 - back)]! }
  }

  async function exchange(n: number, back: number): Promise<void> {
    const { model, token, issued } = pick(n, back)
    const at = now()
    const expected = model.refresh(token, at)
    const answer = await process.sessions.refresh(token.text)
    if (!('child' in expected))
      return expect(answer).toEqual({ ok: false, ...expected } satisfies { ok: false } & Expected)
    expect(answer).toMatchObject({ ok: true })
    if (!answer.ok) return
    const { refreshToken } = answer.tokens
    if (expected.child !== 'new') return expect(refreshToken).toBe(expected.child.text)
    expect(issued.map(({ text }) => text)).not.toContain(refreshToken)
    const child = { text: refreshToken, generation: token.generation + 1 }
    issued.push(child)
    model.rotated(child, at)
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'refresh':
        return exchange(step.family, step.back)
      case 'forge': {
        const { text } = pick(step.family, step.back).token
        const forged = text.slice(0, step.at) + (text[step.at] === 'A' ? 'B' : 'A') + text.slice(step.at + 1)
        return expect(await process.sessions.refresh(forged)).toEqual({ ok: false, reason: 'invalid', clear: false })
      }
      case 'pass':
        return bench.pass(step.ms, world.tenant.id)
      case 'sign-out': {
        const { model, token } = pick(step.family, step.back)
        return expect(await process.sessions.end(token.text)).toBe(model.end('signed-out', now()))
      }
      case 'everywhere': {
        const live = families.filter(({ model }) => model.end('signed-out-everywhere', now()))
        user.epoch++
        return expect(await process.tenantSessions.revokeAll(userId)).toBe(live.length)
      }
      case 'others': {
        const { id, model } = families[step.family]!
        const others = families.filter((other) => other.id !== id && other.model.end('revoked', now()))
        model.keep(now())
        user.epoch++
        return expect(await process.tenantSessions.revokeOthers(userId, id)).toBe(others.length)
      }
      case 'disable':
      case 'enable':
        user.active = step.do === 'enable'
        await world.scope.records.update('users', { id: userId }, { status: user.active ? 'active' : 'disabled' })
        return
      case 'new key': {
        const next = `k${Object.keys(keys).length}`
        keys = { ...keys, [next]: randomBytes(32), current: next }
        process = world.process({ keys })
        return
      }
      case 'backup':
        backup = {
          rows: await Promise.all(families.map(({ id }) => world.row(id))),
          models: families.map(({ model }) => ({ ...model.family })),
          aged: bench.aged(),
        }
        return
      case 'restore':
        for (const [i, { id, model }] of families.entries()) {
          if (!backup) return
          await world.scope.records.update('sessions', { id }, older(backup.rows[i]!, bench.aged() - backup.aged))
          model.family = { ...backup.models[i]! }
        }
    }
  }

  for (const step of history) {
    await take(step)
    const events = await world.events()
    for (const { id, model } of families) {
      const { current, retries, reason, epoch } = model.family
      const row = await world.row(id)
      expect(row).toMatchObject({ generation: current.generation, retries, revoke_reason: reason, epoch })
      expect(Math.abs(row.idle_expires_at.getTime() + bench.aged() - model.family.idleAt)).toBeLessThan(20_000)
      const kinds = events.filter((event) => event.session_id === id).map(({ kind }) => kind)
      expect(kinds.sort()).toEqual(model.events.toSorted())
    }
  }
}

/** A row as it would be had it been there while rows were made older. */
function older(row: Row<'sessions'>, ms: number): Row<'sessions'> {
  const entries = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Date ? new Date(value.getTime() - ms) : (value as unknown),
  ])
  return Object.fromEntries(entries) as Row<'sessions'>
}
