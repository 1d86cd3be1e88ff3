// The notes of a tenant: ordinary Kysely queries in the tenant's transaction. None of them names the tenant; the wall
// does, and the column's default says whose a new row is.

import type { RequestContext } from 'freehold'
import type { Generated, Kysely } from 'kysely'

/** The host's tables, and the columns of Freehold's that the host reads. */
export interface DemoDatabase {
  notes: {
    id: Generated<string>
    author_id: string
    body: string
    created_at: Generated<Date>
  }
  'freehold.users': { id: string; name: string | null; email: string }
}

export type DemoContext = RequestContext<Kysely<DemoDatabase>>
export type DemoTenant = DemoContext['tenant']

export interface Note {
  readonly id: string
  readonly body: string
  readonly author: string
  readonly createdAt: Date
}

export const MAXIMUM_NOTE = 500

/** The newest 50. */
export function listNotes(tenant: DemoTenant): Promise<Note[]> {
  return tenant.transaction(async ({ db }) => {
    const rows = await db
      .selectFrom('notes')
      .innerJoin('freehold.users as author', 'author.id', 'notes.author_id')
      .select(['notes.id', 'notes.body', 'notes.created_at', 'author.name', 'author.email'])
      .orderBy('notes.created_at', 'desc')
      .limit(50)
      .execute()
    return rows.map(({ id, body, name, email, created_at }) => ({
      id,
      body,
      author: name ?? email,
      createdAt: created_at,
    }))
  })
}

export async function addNote(tenant: DemoTenant, authorId: string, body: string): Promise<void> {
  await tenant.transaction(async ({ db }) => {
    await db.insertInto('notes').values({ author_id: authorId, body }).execute()
  })
}
