// The application's login becomes a member of freehold_app, which holds all its rights. Never the owner itself.

import { FreeholdError } from '../core/kernel/errors.ts'
import { faultOf, type MigrationConnection, quoteName } from './target.ts'

/**
 * Grants the membership where it is missing. Answers whether it was granted now.
 *
 * @throws MIGRATION_FAILED when the owner may not grant it
 */
export async function joinAppRole(connection: MigrationConnection, login: string): Promise<boolean> {
  const [row] = await connection.query(
    `select current_setting('server_version_num')::int >= 160000 as has_options
     from pg_roles r
     where r.rolname = $1 and not r.rolsuper and r.rolname <> current_user and r.rolname not in ('freehold_app', 'freehold_auditor')
       and exists (select from pg_roles where rolname = 'freehold_app')
       and not pg_has_role(r.oid, 'freehold_app', 'MEMBER')`,
    [login],
  )
  if (!row) return false
  // SET FALSE: the login has the rights, and no reason to become the group
  const grant = `grant freehold_app to ${quoteName(login)}${row.has_options === true ? ' with inherit true, set false' : ''}`
  try {
    await connection.query(grant)
  } catch (error) {
    const { sqlstate, message } = faultOf(error)
    throw new FreeholdError(
      'MIGRATION_FAILED',
      {
        migration: 'membership in freehold_app',
        problem: message,
        ...(sqlstate && { sqlstate }),
        hint: `All migrations are applied; only the rights of the application's login are missing. As a superuser, or whoever made the role freehold_app: ${grant};`,
      },
      { cause: error },
    )
  }
  return true
}
