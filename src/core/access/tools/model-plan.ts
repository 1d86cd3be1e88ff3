// What would have to be done so that a tenant's access is as a document says, in an order in which it can be done.

import { type AccessModel, MODEL_PARTS, type ModelItem, type ModelPart, nameOfItem, ordered } from './model.ts'

export interface Step<Part extends ModelPart = ModelPart> {
  readonly part: Part
  readonly action: 'create' | 'update' | 'remove'
  readonly name: string
  /** As it is to be; of a removal, as it is. */
  readonly item: ModelItem<Part>
  /** As it is. Undefined: it is not there. */
  readonly now: ModelItem<Part> | undefined
  /** Where it stands in the document. */
  readonly path: string
}

/**
 * `merge` leaves what the document does not name; `replace` removes it, of the parts that the document has. `current` has
 * every part.
 */
export function planSteps(current: AccessModel, wanted: AccessModel, mode: 'merge' | 'replace'): readonly Step[] {
  const steps: Step[] = []
  for (const part of MODEL_PARTS) {
    const now = new Map((current[part] ?? []).map((item) => [nameOfItem(part, item), item as ModelItem]))
    for (const { item, at } of parentsFirst(part, wanted[part] ?? [])) {
      const name = nameOfItem(part, item)
      const held = now.get(name)
      if (held && isSame(part, held, item)) continue
      const action = held ? 'update' : 'create'
      steps.push({ part, action, name, item, now: held, path: `${part}[${at}]` })
    }
  }
  return mode === 'replace' ? [...steps, ...removals(current, wanted)] : steps
}

/** What others stand on goes last. */
function removals(current: AccessModel, wanted: AccessModel): Step[] {
  const steps: Step[] = []
  for (const part of [...MODEL_PARTS].reverse()) {
    const items = wanted[part]
    // resources are the host's: a document names those that something is held on
    if (items === undefined || part === 'resources') continue
    const kept = new Set(items.map((item) => nameOfItem(part, item)))
    for (const { item } of parentsFirst(part, current[part] ?? []).reverse()) {
      const name = nameOfItem(part, item)
      if (kept.has(name) || (part === 'roles' && (item as ModelItem<'roles'>).system)) continue
      steps.push({ part, action: 'remove', name, item, now: item, path: part })
    }
  }
  return steps
}

function isSame(part: ModelPart, held: ModelItem, item: ModelItem): boolean {
  return JSON.stringify(ordered(plain(part, held))) === JSON.stringify(ordered(plain(part, item)))
}

/** Without what says nothing: an empty list, an empty object; and times in one spelling. */
function plain(part: ModelPart, item: ModelItem): object {
  const entries = Object.entries(item).filter(
    ([name, value]) => name === 'permissions' || typeof value !== 'object' || Object.keys(value as object).length > 0,
  )
  const copy: Record<string, unknown> = Object.fromEntries(entries)
  if (part === 'members') copy.permissions ??= []
  if (part !== 'assignments') return copy
  for (const name of ['startsAt', 'expiresAt']) {
    if (typeof copy[name] === 'string') copy[name] = new Date(copy[name]).toISOString()
  }
  return copy
}

interface Placed {
  readonly item: ModelItem
  readonly at: number
}

/** Of roles and teams, what others inherit from or are below comes before these; any depth. */
function parentsFirst(part: ModelPart, items: readonly ModelItem[]): Placed[] {
  const placed = items.map((item, at) => ({ item, at }))
  if (part !== 'roles' && part !== 'teams') return placed
  const byName = new Map(placed.map((one) => [nameOfItem(part, one.item), one]))
  const done = new Set<Placed>()
  for (const one of placed) {
    const waiting = new Set<Placed>()
    for (
      let at: Placed | undefined = one;
      at && !done.has(at) && !waiting.has(at);
      at = byName.get(parentName(part, at.item))
    ) {
      waiting.add(at)
    }
    for (const next of [...waiting].reverse()) done.add(next)
  }
  return [...done]
}

function parentName(part: 'roles' | 'teams', item: ModelItem): string {
  const { organization, parent = '' } = item as Partial<ModelItem<'teams'>>
  return part === 'roles' ? parent : `${organization}/${parent}`
}
