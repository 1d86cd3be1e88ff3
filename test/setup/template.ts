// The template database: migrated once per run, copied for every test file.

import pg from 'pg'
import { createMigrations } from '../../src/migrations/index.ts'

export { withUrl } from './url.ts'

/** Migrates and owns the tables; no superuser. */
export const OWNER_ROLE = 'freehold_test_owner'
/** What the app logs in as: a member of freehold_app, and nothing more. */
export const APP_ROLE = 'freehold_test_app'
export const PASSWORD = 'freehold'

/** Applies every migration of ours to an empty database. */
export async function migrateTemplate(ownerUrl: string): Promise<void> {
  await createMigrations({
    schema: 'freehold',
    async connect() {
      const client = new pg.Client({ connectionString: ownerUrl })
      await client.connect()
      return {
        query: async (text, values) => (await client.query(text, values && [...values])).rows,
        end: () => client.end(),
      }
    },
  }).apply()
}
