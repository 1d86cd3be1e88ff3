// The document -> rows, in one transaction: each step is one call of the room that it is about, so that what is checked,
// guarded and audited there is so here. A dry run does all of it, and takes it back.

import { demandFresh } from '../../authentication/step-up-guard.ts'
import type { TenantContext } from '../../context.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import { checkKeys, invalid } from '../../kernel/input.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { booksWithin } from '../book-memory.ts'
import type { Permissions } from '../permissions.ts'
import type { AccessModel, ModelPart } from './model.ts'
import { exportModel } from './model-export.ts'
import { planSteps, type Step } from './model-plan.ts'
import { fault, readModel } from './model-reading.ts'
import { createSteps } from './model-steps.ts'

export interface ModelImportOptions {
  /** `merge` (the default) leaves what the document does not name; `replace` removes it, of the parts that the document has. */
  readonly mode?: 'merge' | 'replace'
  /** Does everything, answers what it was, and takes it back. */
  readonly dryRun?: boolean
}

export interface ModelImportReport {
  /** In the order in which it was done. */
  readonly steps: readonly ModelImportStep[]
  readonly dryRun: boolean
}

export interface ModelImportStep {
  readonly part: ModelPart
  readonly action: 'create' | 'update' | 'remove'
  /** As `editor`, `main/sales`, `user a@b.test has editor everywhere`. */
  readonly name: string
}

/** @throws MODEL_INVALID (with the path of the fault), and what the rooms refuse: GRANT_REFUSED, LAST_OWNER, ROLE_IN_USE and their like */
export async function importModel(
  context: TenantContext,
  permissions: Permissions,
  document: unknown,
  options: ModelImportOptions = {},
): Promise<ModelImportReport> {
  checkKeys(options, 'options', ['mode', 'dryRun'])
  const { mode = 'merge', dryRun = false } = options
  if (mode !== 'merge' && mode !== 'replace') throw invalid('mode', 'it is merge or replace')
  if (typeof dryRun !== 'boolean') throw invalid('dryRun', 'it is not true or false')
  const wanted = readModel(document)
  const work = async (unit: TenantUnit): Promise<ModelImportReport> => {
    await demandFresh(context, unit)
    const inside = { ...context, scope: unit, books: booksWithin(context.books) }
    const steps = await applyModel(inside, unit, permissions, wanted, mode)
    const report = { steps: steps.map(({ part, action, name }) => ({ part, action, name })), dryRun }
    if (report.steps.length === 0 || dryRun) return report
    const { tenant, actor, auditWriter } = context
    await auditWriter.append(unit, actor, {
      action: 'access.imported',
      targets: [{ type: 'tenant', id: tenant.id }],
      details: { mode, ...counted(steps) },
    })
    return report
  }
  return dryRun ? withoutTrace(context, work) : context.scope.transaction(work)
}

/** Makes the tenant as the document says. The access lock is held from here on. */
export async function applyModel(
  inside: TenantContext,
  unit: TenantUnit,
  permissions: Permissions,
  wanted: AccessModel,
  mode: 'merge' | 'replace',
): Promise<readonly Step[]> {
  await unit.verbs.lockAccess()
  const current = await exportModel(unit, permissions, { places: true, assignments: true })
  const steps = planSteps(current, wanted, mode)
  const take = createSteps(inside, unit, permissions)
  for (const step of steps) await located(step, () => take(step))
  return steps
}

/** Does it in a transaction, answers what came of it, and takes everything back. */
export async function withoutTrace<R>(context: TenantContext, work: (unit: TenantUnit) => Promise<R>): Promise<R> {
  const taken: { answer?: { readonly value: R } } = {}
  class TakenBack extends Error {}
  try {
    await context.scope.transaction(async (unit) => {
      taken.answer = { value: await work(unit) }
      throw new TakenBack()
    })
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error
  }
  return taken.answer!.value
}

/** What is wrong with the document, with its path; what the tenant or the guard refuses is thrown as it is. */
async function located(step: Step, take: () => Promise<unknown>): Promise<void> {
  try {
    await take()
  } catch (error) {
    const found = FreeholdError.is(error) ? faultOf(error) : undefined
    throw found ? fault(`${step.path}${found.path && `.${found.path}`}`, found.problem, error) : error
  }
}

function faultOf(error: FreeholdError): { readonly path: string; readonly problem: string } | undefined {
  const { code, details } = error
  const told = details as Readonly<Record<string, string | undefined>>
  if (code === 'MODEL_INVALID') return { path: told.path!, problem: told.problem! }
  if (code === 'INPUT_INVALID') return { path: told.field!, problem: told.problem! }
  if (code === 'CONDITION_INVALID' || code === 'POLICY_INVALID') return { path: told.path!, problem: told.problem! }
  if (code === 'PERMISSION_UNKNOWN') return { path: '', problem: `there is no permission ${told.permission}` }
  if (code === 'ROLE_UNKNOWN') return { path: '', problem: `there is no role ${told.role}` }
  if (/_(UNKNOWN|CYCLE)$/.test(code)) return { path: '', problem: error.message }
  return undefined
}

function counted(steps: readonly Step[]): Record<Step['action'], number> {
  const count = { create: 0, update: 0, remove: 0 }
  for (const { action } of steps) count[action]++
  return count
}
