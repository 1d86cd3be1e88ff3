// Which migrations there are: ours, bundled as text, and the host's, read from its folder.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inOrder, invalid, type MigrationFile, parseMigration } from './file.ts'
import foundation from './system/0001_foundation.sql'
import tenants from './system/0002_tenants.sql'
import billingSystem from './system/0003_billing.sql'
import identity from './tenant/0001_identity.sql'
import access from './tenant/0002_access.sql'
import audit from './tenant/0003_audit.sql'
import billing from './tenant/0004_billing.sql'
import authentication from './tenant/0005_authentication.sql'
import apiKeys from './tenant/0006_api_keys.sql'
import accessDeep from './tenant/0007_access_deep.sql'

/** Ours, in the order in which they run: the system's, then the tenants'. */
export function bundledMigrations(): MigrationFile[] {
  return [
    ...inOrder([
      parseMigration('system', '0001_foundation.sql', foundation),
      parseMigration('system', '0002_tenants.sql', tenants),
      parseMigration('system', '0003_billing.sql', billingSystem),
    ]),
    ...inOrder([
      parseMigration('tenant', '0001_identity.sql', identity),
      parseMigration('tenant', '0002_access.sql', access),
      parseMigration('tenant', '0003_audit.sql', audit),
      parseMigration('tenant', '0004_billing.sql', billing),
      parseMigration('tenant', '0005_authentication.sql', authentication),
      parseMigration('tenant', '0006_api_keys.sql', apiKeys),
      parseMigration('tenant', '0007_access_deep.sql', accessDeep),
    ]),
  ]
}

/**
 * The host's migrations, in the order of their numbers; files of other types are left alone.
 *
 * @throws MIGRATION_INVALID: the folder cannot be read, or a file is not usable (see parseMigration, inOrder)
 */
export async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw invalid(folder, `the folder cannot be read (${code})`)
  })
  const files = names.filter((name) => name.endsWith('.sql')).sort()
  return inOrder(
    await Promise.all(files.map(async (name) => parseMigration('host', name, await readText(folder, name)))),
  )
}

async function readText(folder: string, name: string): Promise<string> {
  const bytes = await readFile(join(folder, name)).catch(() => {
    throw invalid(`host/${name}`, 'the file cannot be read')
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid(`host/${name}`, 'it is not UTF-8')
  }
}
