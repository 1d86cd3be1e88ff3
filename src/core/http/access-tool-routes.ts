// The tools of access over HTTP: lint, documents, what a change or a policy would do. A document is about the whole tenant and
// names people, so each tool asks in the whole tenant for all that its answer tells of.

import type { OwnPermission } from '../access/permissions.ts'
import type { AccessChange, DiffOptions } from '../access/tools/diff.ts'
import { MODEL_PARTS, type ModelPart } from '../access/tools/model.ts'
import type { ModelImportOptions } from '../access/tools/model-import.ts'
import { checkKeys, invalid, isPlainObject } from '../kernel/input.ts'
import { writtenField } from './access-body.ts'
import { ASSIGNMENT_FIELDS, assignmentOf } from './assignment-routes.ts'
import type { JsonObject } from './body.ts'
import type { Entering } from './entering.ts'
import { demandAllAt, managed } from './permitted.ts'
import { type Query, readQuery } from './query.ts'
import type { Route } from './routes.ts'
import { jsonResponse } from './views.ts'

/** Users by address, service accounts by name. */
const NAMES = ['user:read', 'service-account:read'] as const
const READ_ALL: readonly OwnPermission[] = ['policy:read', 'assignment:read', ...NAMES]
const PLACES: readonly OwnPermission[] = ['organization:read', 'team:read', 'project:read']
/** What is held on resources names them. */
const ASSIGNMENTS: readonly OwnPermission[] = ['assignment:read', 'team:read', 'resource:read']

/** What is imported is compared with what is there, and the answer tells of both: it asks to read a part, and to write it. */
const PARTS: Readonly<Record<ModelPart, readonly OwnPermission[]>> = {
  permissions: ['role:read', 'role:write'],
  organizations: ['organization:read', 'organization:write'],
  teams: ['team:read', 'team:write'],
  projects: ['project:read', 'project:write'],
  roles: ['role:read', 'role:write'],
  policies: ['policy:read', 'policy:write', ...NAMES],
  members: ['team:read', 'team:write', ...NAMES],
  resources: ['resource:read', 'resource:write'],
  assignments: ['assignment:read', 'assignment:write', ...NAMES],
}
/** An organization that goes takes them with it. */
const IN_ORGANIZATIONS: readonly OwnPermission[] = ['team:write', 'project:write', 'resource:write']

/** Items of a document may be nested deeper than what other bodies say; the reader of documents has the last word. */
const DOCUMENT_DEPTH = 44
const CHANGE = ['roles', 'policies', 'assignments', 'document', 'mode'] as const
const DIFF_OPTIONS = ['kind', 'limit', 'cursor'] as const

export function accessToolRoutes<Db, P extends string>({ bodyOf }: Pick<Entering<Db, P>, 'bodyOf'>): Route<Db, P>[] {
  return [
    managed(
      {
        method: 'GET',
        path: 'access/lint',
        does: 'Tells what in roles, policies and assignments does nothing, or more than was meant, the worst first.',
      },
      'role:read',
      async (visit) => {
        readQuery(visit.url, [])
        demandAllAt(visit, READ_ALL, {})
        return jsonResponse(await visit.context.tenant.access.lint())
      },
    ),
    managed(
      {
        method: 'GET',
        path: 'access/model',
        does: "Writes the tenant's access as a document; with `places=true` also organizations, teams and projects, with `assignments=true` also who holds what.",
      },
      'role:read',
      async (visit) => {
        const query = readQuery(visit.url, ['places', 'assignments'])
        const options = { places: flagAsked(query, 'places'), assignments: flagAsked(query, 'assignments') }
        demandAllAt(visit, ['policy:read', ...NAMES], {})
        if (options.places) demandAllAt(visit, PLACES, {})
        if (options.assignments) demandAllAt(visit, ASSIGNMENTS, {})
        return jsonResponse(await visit.context.tenant.access.export(options))
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'access/model',
        does: "Makes the tenant's access as a `document` says, wholly or not at all: `mode` (`merge` or `replace`), `dryRun`. Asks for every part that the document has, for what it gives, and for a fresh sign-in.",
      },
      'role:write',
      async (visit) => {
        const body = await bodyOf(visit, ['document', 'mode', 'dryRun'], DOCUMENT_DEPTH)
        if (body.document === undefined) throw invalid('document', 'it is missing')
        demandAllAt(visit, importing(body), {})
        const options = writtenField<ModelImportOptions>(body, ['mode', 'dryRun'])
        return jsonResponse(await visit.context.tenant.access.import(body.document, options))
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'access/diff',
        does: 'Tells what a change would give and take, of whom and where, and changes nothing: `roles`, `policies` and `assignments` as lists of what is made, changed and removed, or a `document` and its `mode`; `kind`, `limit` and `cursor` page through users or service accounts.',
      },
      'role:read',
      async (visit) => {
        const body = await bodyOf(visit, [...CHANGE, ...DIFF_OPTIONS], DOCUMENT_DEPTH)
        demandAllAt(visit, READ_ALL, {})
        const options = writtenField<DiffOptions>(body, DIFF_OPTIONS)
        return jsonResponse(await visit.context.tenant.access.diff(changeOf(body), options))
      },
    ),
    managed(
      {
        method: 'POST',
        path: 'policies/preview',
        does: 'Tells whom a policy would give or take what, and changes nothing: its `document` (null: if it were removed), in place of that of `policy` (key or id); `limit` and `cursor` page.',
      },
      'policy:read',
      async (visit) => {
        const body = await bodyOf(visit, ['policy', 'document', 'limit', 'cursor'])
        demandAllAt(visit, ['role:read', 'assignment:read'], {})
        const { policies } = visit.context.tenant
        type Preview = Parameters<typeof policies.preview>
        const plan = writtenField<Preview[0]>(body, ['policy', 'document'])
        return jsonResponse(await policies.preview(plan, writtenField(body, ['limit', 'cursor'])))
      },
    ),
  ]
}

/** What the document itself may say is looked at by who reads it. */
function importing({ document, mode }: JsonObject): readonly OwnPermission[] {
  const parts = isPlainObject(document) ? MODEL_PARTS.filter((part) => Object.hasOwn(document, part)) : []
  return parts.flatMap((part) => [
    ...PARTS[part],
    ...(mode === 'replace' && part === 'organizations' ? IN_ORGANIZATIONS : []),
  ])
}

/** What is granted is named as everywhere over HTTP. @throws INPUT_INVALID, ID_INVALID */
function changeOf(body: JsonObject): AccessChange {
  const change = writtenField<AccessChange>(body, CHANGE)
  const { assignments } = change
  if (!isPlainObject(assignments) || !Array.isArray(assignments.grant)) return change
  const grant = assignments.grant.map((item: JsonObject) => {
    checkKeys(item, 'grant', ASSIGNMENT_FIELDS)
    return assignmentOf(item)
  })
  return { ...change, assignments: { ...assignments, grant } }
}

/** @throws INPUT_INVALID */
function flagAsked<Name extends string>(query: Query<Name>, name: Name): boolean {
  const text = query[name] ?? 'false'
  if (text !== 'true' && text !== 'false') throw invalid(name, 'it is true or false')
  return text === 'true'
}
