// freehold access test: expected decisions, asked one by one. What is otherwise than expected is told with why it is so.

import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { type CheckOptions, type Explanation, FreeholdError, type Principal } from '../../index.ts'
import { type AccessCase, type CaseFile, nameOf, readCases } from './access-cases.ts'
import { readDocument } from './access-files.ts'
import { type Opened, openModel, openStored } from './access-tenant.ts'
import { expected, explanationLines, findPlace, got, type Line } from './access-words.ts'
import { faulty, whyNot } from './files.ts'
import { junit } from './junit.ts'
import { print } from './migrate.ts'
import { count, openScreen, type Screen, type Surroundings } from './screen.ts'
import type { Command } from './usage.ts'

export interface Outcome {
  readonly case: AccessCase
  readonly ok: boolean
  readonly explanation: Explanation
  /** Of one that is not as expected: why it is so. */
  readonly lines: readonly Line[]
  readonly durationMs: number
}

/** 1 when a decision is not as expected. @throws FILE_INVALID, and as the opening */
export async function testAccess(command: Command, surroundings: Surroundings): Promise<number> {
  const { cwd, stdout, env } = surroundings
  const file = command.file!
  const read = readCases(await readDocument(cwd, file), file)
  const opened = await open(command, surroundings, read, file)
  const outcomes: Outcome[] = []
  try {
    for (const [i, one] of read.cases.entries()) outcomes.push(await ask(opened, one, `${file}: cases[${i}]`))
  } finally {
    await opened.close()
  }
  const failed = outcomes.filter(({ ok }) => !ok)
  if (command.junit !== undefined) {
    await writeFile(resolve(cwd, command.junit), junit(file, outcomes)).catch((cause: unknown) => {
      throw faulty(command.junit!, whyNot(cause, 'written'), cause)
    })
  }
  if (command.json) {
    const cases = outcomes.map(({ case: one, ok, explanation }) => ({
      ...{ name: one.name, ok, expect: one.expect, reason: one.reason ?? null },
      explanation,
    }))
    print(stdout, { ok: failed.length === 0, cases })
  } else show(openScreen(stdout, env), outcomes)
  return failed.length === 0 ? 0 : 1
}

function open(command: Command, surroundings: Surroundings, cases: CaseFile, file: string): Promise<Opened> {
  const { model, permissions } = cases
  const told = permissions === undefined ? undefined : { file, permissions }
  if (command.model !== undefined) return openModel(command, surroundings, command.model, told)
  if (command.tenant !== undefined) return openStored(command, surroundings, told)
  if (model === undefined)
    throw faulty(file, 'it names no `model`: say whom to ask, with --model FILE or --tenant SLUG')
  return openModel(command, surroundings, isAbsolute(model) ? model : join(dirname(file), model), told)
}

async function ask(opened: Opened, one: AccessCase, at: string): Promise<Outcome> {
  const began = performance.now()
  const explanation = await explained(opened, one, at)
  const ok =
    explanation.allowed === (one.expect === 'allow') && (one.reason ?? explanation.reason) === explanation.reason
  const lines = ok ? [] : await explanationLines(opened.tenant, explanation)
  return { case: one, ok, explanation, lines, durationMs: performance.now() - began }
}

/** @throws FILE_INVALID where the case asks for what there is not */
async function explained(opened: Opened, one: AccessCase, at: string): Promise<Explanation> {
  try {
    const principal = await principalOf(opened, one, at)
    const options = await optionsOf(opened, one, idOf(principal), at)
    opened.at = one.at === undefined ? undefined : Date.parse(one.at)
    return await opened.tenant.access.explain(principal, one.permission, options)
  } catch (error) {
    if (!FreeholdError.is(error)) throw error
    if (error.code === 'PERMISSION_UNKNOWN')
      throw faulty(`${at}.permission`, `nothing declares ${one.permission}`, error)
    if (error.code === 'ROLE_UNKNOWN') throw faulty(`${at}.principal`, `there is no role ${error.details.role}`, error)
    if (error.code === 'RESOURCE_TYPE_UNKNOWN') {
      throw faulty(`${at}.on.type`, `nothing declares a permission on ${error.details.type}`, error)
    }
    if (error.code === 'INPUT_INVALID') throw faulty(`${at}.${error.details.field}`, error.details.problem, error)
    throw error
  } finally {
    opened.at = undefined
  }
}

function idOf(principal: Principal): string {
  return typeof principal === 'string' ? principal : principal.id
}

async function principalOf(opened: Opened, { principal }: AccessCase, at: string): Promise<Principal> {
  const { tenant } = opened
  if ('roles' in principal) return madeUp(opened, principal.roles, principal.attributes ?? {}, at)
  if ('user' in principal) {
    const user = await tenant.users.findByEmail(principal.user)
    if (!user) throw faulty(`${at}.principal`, `there is no user ${principal.user}`)
    return user.id
  }
  let cursor: string | undefined
  do {
    const page = await tenant.serviceAccounts.list({ limit: 200, ...(cursor === undefined ? {} : { cursor }) })
    const account = page.items.find(({ name }) => name === principal.serviceAccount)
    if (account) return { kind: 'service_account', id: account.id }
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  throw faulty(`${at}.principal`, `there is no service account ${principal.serviceAccount}`)
}

async function madeUp(
  { tenant, isMadeUp }: Opened,
  roles: readonly string[],
  metadata: Readonly<Record<string, unknown>>,
  at: string,
): Promise<Principal> {
  // not in a database: a question must not leave a user behind
  if (!isMadeUp) throw faulty(`${at}.principal`, '{ roles } is for a model; name a user of the tenant')
  const user = await tenant.users.create({ email: `${randomUUID()}@model.invalid`, metadata })
  for (const role of roles) await tenant.assignments.grant({ principal: user, role })
  return user.id
}

async function optionsOf({ tenant }: Opened, one: AccessCase, principal: string, at: string): Promise<CheckOptions> {
  const { place, on, resource, context, fields } = one
  const filled = (facts: Readonly<Record<string, unknown>>) =>
    withPrincipal(facts, principal) as Record<string, unknown>
  return {
    ...(place === undefined ? {} : await findPlace(tenant, place, `${at}.place`)),
    ...(on === undefined ? {} : { on }),
    ...(fields === undefined ? {} : { fields }),
    ...(resource === undefined ? {} : { resource: filled(resource) }),
    ...(context === undefined ? {} : { context: filled(context) }),
  }
}

/** `$principal` stands for the id of who is asked about, which no file can know. */
function withPrincipal(value: unknown, id: string): unknown {
  if (value === '$principal') return id
  if (Array.isArray(value)) return value.map((one) => withPrincipal(one, id))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withPrincipal(inner, id)]))
}

function show(screen: Screen, outcomes: readonly Outcome[]): void {
  for (const { case: one, ok, explanation, lines } of outcomes) {
    if (ok) {
      screen.line(`${screen.tone('good', '✓')} ${one.name}`)
      continue
    }
    screen.line(screen.tone('bad', `✗ ${one.name}`))
    const line = (sign: string, tone: 'good' | 'bad', text: string) =>
      screen.line(`    ${screen.tone(tone, `${sign} ${text}`)}`)
    line('-', 'good', `expected  ${expected(one)}`)
    line('+', 'bad', `got       ${got(explanation)}`)
    screen.line(`    ${screen.tone('faint', `${nameOf(one.principal)}: ${one.permission}${whereOf(one)}`)}`)
    for (const [label, text] of lines) screen.line(`    ${label.padEnd(8)} ${screen.wrap(text, ' '.repeat(13))}`)
  }
  const failed = outcomes.filter(({ ok }) => !ok).length
  screen.line()
  screen.line(
    failed === 0
      ? screen.tone('good', `${count(outcomes.length, 'decision')} as expected.`)
      : screen.tone('bad', `${failed} of ${count(outcomes.length, 'decision')} not as expected.`),
  )
}

function whereOf({ place, on, at }: AccessCase): string {
  const [kind, name] = Object.entries(place ?? {})[0] ?? []
  return [kind && ` in ${kind} ${name}`, on && ` on ${on.type} ${on.id}`, at && ` at ${at}`].filter(Boolean).join('')
}
