// A document from outside, looked at before anything is done with it: its form, its parts, that nothing is there twice,
// and that roles and teams make trees. What a part may say in detail its own room checks.

import { FreeholdError } from '../../kernel/errors.ts'
import { isPlainObject, isPlainText, PROTOTYPE_KEYS, shown } from '../../kernel/input.ts'
import { type AccessModel, MODEL_FORMAT, MODEL_PARTS, type ModelItem, type ModelPart, nameOfItem } from './model.ts'

type Kind = 'text' | 'list' | 'object' | 'other'

/** Field -> what it is; with `?` it may be left out. */
const fields: { readonly [Part in ModelPart]: Readonly<Record<string, Kind | `${Kind}?`>> } = {
  permissions: { name: 'text', description: 'text?' },
  organizations: { key: 'text', name: 'text', metadata: 'object?' },
  teams: {
    organization: 'text',
    key: 'text',
    name: 'text',
    parent: 'text?',
    description: 'text?',
    metadata: 'object?',
  },
  projects: {
    organization: 'text',
    key: 'text',
    name: 'text',
    team: 'text?',
    description: 'text?',
    metadata: 'object?',
  },
  roles: { key: 'text', name: 'text', description: 'text?', parent: 'text?', system: 'other?', permissions: 'list' },
  policies: { key: 'text', description: 'text?', enabled: 'other?', document: 'object' },
  members: { team: 'text', member: 'object', role: 'text?', permissions: 'list?' },
  resources: { type: 'text', id: 'text', name: 'text?', in: 'object?', metadata: 'object?' },
  assignments: {
    principal: 'other',
    role: 'text',
    scope: 'object?',
    flow: 'other?',
    startsAt: 'text?',
    expiresAt: 'text?',
    reason: 'text?',
  },
}

const MAXIMUM_ITEMS = 100_000
const MAXIMUM_DEPTH = 40

/** @throws MODEL_INVALID, with the path of the fault */
export function readModel(value: unknown): AccessModel {
  if (!isPlainObject(value)) throw fault('', 'it is not an object')
  if (value.format !== MODEL_FORMAT) throw fault('format', `it is not ${MODEL_FORMAT}`)
  for (const name of Object.keys(value)) {
    if (name !== 'format' && name !== 'code' && !MODEL_PARTS.includes(name as ModelPart)) {
      throw fault(shown(name), 'there is no such part')
    }
  }
  for (const part of MODEL_PARTS) if (value[part] !== undefined) checkPart(part, value[part])
  const model = value as unknown as AccessModel
  checkTree(
    'roles',
    model.roles ?? [],
    ({ key }) => key,
    ({ parent }) => parent,
  )
  const teamKey = (organization: string, key: string) => `${organization}/${key}`
  checkTree(
    'teams',
    model.teams ?? [],
    ({ organization, key }) => teamKey(organization, key),
    ({ organization, parent }) => (parent === undefined ? undefined : teamKey(organization, parent)),
  )
  return model
}

export function fault(path: string, problem: string, cause?: unknown): FreeholdError<'MODEL_INVALID'> {
  return new FreeholdError('MODEL_INVALID', { path, problem }, { cause })
}

function checkPart(part: ModelPart, items: unknown): void {
  if (!Array.isArray(items)) throw fault(part, 'it is not a list')
  if (items.length > MAXIMUM_ITEMS) throw fault(part, `it has more than ${MAXIMUM_ITEMS} items`)
  const seen = new Set<string>()
  // holes, too
  for (const [i, item] of Array.from(items as unknown[]).entries()) {
    const at = `${part}[${i}]`
    checkItem(part, item, at)
    const name = nameOfItem(part, item as ModelItem)
    if (seen.has(name)) throw fault(at, 'it is there twice')
    seen.add(name)
  }
}

function checkItem(part: ModelPart, item: unknown, at: string): void {
  if (!isPlainObject(item)) throw fault(at, 'it is not an object')
  checkDepth(item, at)
  const known = fields[part]
  for (const name of Object.keys(item)) {
    if (!Object.hasOwn(known, name)) throw fault(`${at}.${shown(name)}`, 'there is no such field')
  }
  for (const [name, kind] of Object.entries(known)) {
    const value = item[name]
    if (value === undefined && kind.endsWith('?')) continue
    if (value === undefined) throw fault(`${at}.${name}`, 'it is missing')
    const problem = problemWith(value, kind.replace('?', '') as Kind)
    if (problem) throw fault(`${at}.${name}`, problem)
  }
  if (part === 'roles' && item.system !== undefined && item.system !== true)
    throw fault(`${at}.system`, 'it is true or left out')
  if (part === 'policies' && item.enabled !== undefined && item.enabled !== false) {
    throw fault(`${at}.enabled`, 'it is false or left out')
  }
  if (part === 'members') checkNamed(item.member, `${at}.member`, ['user', 'serviceAccount'])
  if (part === 'resources' && item.in !== undefined) checkNamed(item.in, `${at}.in`, PLACES)
  if (part === 'assignments') checkAssignment(item, at)
}

const PLACES = ['organization', 'team', 'project'] as const

function checkAssignment({ principal, scope, flow, startsAt, expiresAt }: Record<string, unknown>, at: string): void {
  if (principal !== 'everyone') checkNamed(principal, `${at}.principal`, ['user', 'serviceAccount', 'team'])
  if (flow !== undefined && flow !== 'self') throw fault(`${at}.flow`, 'it is self or left out')
  if (isPlainObject(scope) && Object.keys(scope).join() === 'resource') {
    const { resource } = scope
    if (!isPlainObject(resource) || typeof resource.type !== 'string' || typeof resource.id !== 'string') {
      throw fault(`${at}.scope.resource`, 'it is { type, id }')
    }
  } else if (scope !== undefined) checkNamed(scope, `${at}.scope`, [...PLACES, 'resource'])
  for (const [name, time] of Object.entries({ startsAt, expiresAt })) {
    if (time !== undefined && Number.isNaN(Date.parse(String(time)))) {
      throw fault(`${at}.${name}`, 'it is a time as 2026-01-31T12:00:00Z')
    }
  }
}

/** `{ user: 'a@b.test' }`: one of these names, with a text. */
function checkNamed(value: unknown, at: string, names: readonly string[]): void {
  const [entry, ...others] = isPlainObject(value) ? Object.entries(value) : []
  if (!entry || others.length > 0 || !names.includes(entry[0]) || typeof entry[1] !== 'string') {
    throw fault(at, `it is an object with one of ${names.join(', ')}`)
  }
}

function problemWith(value: unknown, kind: Kind): string | undefined {
  if (kind === 'text') return typeof value === 'string' ? undefined : 'it is not a text'
  if (kind === 'list') return Array.isArray(value) ? undefined : 'it is not a list'
  return kind === 'object' && !isPlainObject(value) ? 'it is not an object' : undefined
}

/** Looked at level by level; also what has a name that reaches a prototype, and texts that no database holds. */
function checkDepth(root: object, at: string): void {
  let level: object[] = [root]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAXIMUM_DEPTH) throw fault(at, 'it is nested too deeply')
    const next: object[] = []
    for (const value of level) {
      for (const [key, inner] of Object.entries(value)) {
        if (PROTOTYPE_KEYS.has(key)) throw fault(at, `it has the key ${key}`)
        if (typeof inner === 'string' && !isPlainText(inner)) throw fault(at, 'it has a text that cannot be stored')
        if (typeof inner === 'object' && inner !== null) next.push(inner)
      }
    }
    level = next
  }
}

/** Follows each parent once: of any depth, in time that grows with the number of items. */
function checkTree<Item>(
  part: ModelPart,
  items: readonly Item[],
  nameOf: (item: Item) => string,
  parentOf: (item: Item) => string | undefined,
): void {
  const byName = new Map(items.map((item) => [nameOf(item), item]))
  const done = new Set<Item>()
  for (const item of items) {
    const path = new Set<Item>()
    for (let at: Item | undefined = item; at && !done.has(at); ) {
      if (path.has(at)) throw fault(`${part}[${items.indexOf(at)}].parent`, 'it is below itself')
      path.add(at)
      const parent = parentOf(at)
      at = parent === undefined ? undefined : byName.get(parent)
    }
    for (const one of path) done.add(one)
  }
}
