// The notes of a tenant: ordinary Kysely queries in the tenant's transaction. None of them names the tenant; the wall
// does, and the column's default says whose a new row is.

import { type Filter, FreeholdError, type RequestContext } from 'freehold'
import { accessFilter } from 'freehold/postgres'
import type { Generated, Kysely } from 'kysely'
import type { Permission } from './permissions.ts'

/** The host's tables, and the columns of Freehold's that the host reads. */
export interface Tables {
  notes: {
    id: Generated<string>
    author_id: string
    body: string
    created_at: Generated<Date>
  }
  'freehold.users': { id: string; name: string | null; email: string }
}

export type Db = Kysely<Tables>
export type Context = RequestContext<Db, Permission>
export type Tenant = Context['tenant']

export interface Note {
  readonly id: string
  readonly body: string
  readonly authorId: string
  readonly author: string
  readonly createdAt: Date
}

export const MAXIMUM_NOTE = 500

/** What conditions know of a note: `resource.author_id`. */
export const noteColumns = { columns: { author_id: 'uuid' } } as const

/** The newest 50 of those that one may read. */
export function listNotes(context: Context): Promise<Note[]> {
  return listNotesWhere(context.tenant, context.filter('note:read', noteColumns))
}

/** The newest 50 of those that a filter lets through. */
export async function listNotesWhere(tenant: Pick<Tenant, 'read'>, filter: Filter): Promise<Note[]> {
  if (filter.kind === 'never') return []
  return tenant.read(async (db) => {
    const rows = await db
      .selectFrom('notes')
      .innerJoin('freehold.users as author', 'author.id', 'notes.author_id')
      .select(['notes.id', 'notes.body', 'notes.author_id', 'notes.created_at', 'author.name', 'author.email'])
      .where((eb) => accessFilter(eb, filter, { table: 'notes' }))
      .orderBy('notes.created_at', 'desc')
      .limit(50)
      .execute()
    return rows.map((row) => ({
      id: row.id,
      body: row.body,
      authorId: row.author_id,
      author: row.name ?? row.email,
      createdAt: row.created_at,
    }))
  })
}

/** @throws INPUT_INVALID */
export function addNote(tenant: Tenant, authorId: string, input: unknown): Promise<void> {
  const body = textOf(input)
  return tenant.transaction(async ({ db }) => {
    await db.insertInto('notes').values({ author_id: authorId, body }).execute()
  })
}

/** A note as conditions see it; nothing when there is none. */
export async function noteFacts(tenant: Tenant, id: string): Promise<{ author_id: string } | undefined> {
  if (!/^[0-9a-f-]{36}$/.test(id)) return undefined
  return tenant.read((db) => db.selectFrom('notes').select('author_id').where('id', '=', id).executeTakeFirst())
}

/** The row and the event that tells of it, together or not at all. */
export function removeNote(context: Context, id: string): Promise<void> {
  return context.transaction(async (tx) => {
    await tx.db.deleteFrom('notes').where('id', '=', id).execute()
    await tx.audit.record({ action: 'note.removed', targets: [{ type: 'note', id }] })
  })
}

/** The notes as a spreadsheet takes them (RFC 4180). */
export async function notesAsCsv(context: Context): Promise<string> {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  const lines = (await listNotes(context)).map(({ createdAt, author, body }) =>
    [createdAt.toISOString(), author, body].map(quoted).join(','),
  )
  return `${['written,author,note', ...lines].join('\r\n')}\r\n`
}

function textOf(input: unknown): string {
  const body: unknown = typeof input === 'object' && input !== null && 'body' in input ? input.body : undefined
  const text = typeof body === 'string' ? body.trim() : ''
  if (text === '' || [...text].length > MAXIMUM_NOTE) {
    throw new FreeholdError('INPUT_INVALID', { field: 'body', problem: `it is 1 to ${MAXIMUM_NOTE} characters` })
  }
  return text
}
