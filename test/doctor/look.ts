// Looks at a test database as one of its logins.

import pg from 'pg'
import { type InspectOptions, inspect } from '../../src/adapters/postgres/inspect.ts'
import type { Finding } from '../../src/core/storage/safety.ts'

/** Findings but the server's version, which is the test machine's. */
export async function look(url: string, options: Partial<InspectOptions> = {}): Promise<Finding[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const ask = async (text: string, values?: readonly unknown[]) =>
      (await client.query(text, values && [...values])).rows
    const findings = await inspect(ask, { schema: 'freehold', ...options })
    return findings.filter(({ id }) => id !== 'server-version')
  } finally {
    await client.end()
  }
}

/** `refuse rls-missing public.notes`, one for each finding. */
export function brief(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, id, subject }) => [severity, id, subject].filter(Boolean).join(' '))
}
