// freehold keys status | reencrypt: what still needs which root key, and moving it to the current one.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Keys } from '../../core/kernel/keyring.ts'
import type { ReencryptionSummary } from '../../core/reencryption.ts'
import { createFreehold } from '../../index.ts'
import { postgres } from '../postgres/index.ts'
import { placeOf } from './connection.ts'
import { print } from './migrate.ts'
import { count, openScreen, type Screen, type Surroundings } from './screen.ts'
import type { Command } from './usage.ts'

/** Answers the exit code: 1 when something does not open, or (status) an older key is still needed. @throws as createFreehold */
export async function keys(command: Command, { env, stdout }: Surroundings): Promise<number> {
  const dryRun = command.name === 'keys status'
  const screen = openScreen(stdout, env)
  const freehold = await createFreehold({
    storage: postgres({ url: command.url!, schema: command.schema, listen: false, connections: 2 }),
    keys: keysOf(env),
    passwordHasher: nobodys,
    onWarning: () => undefined,
  })
  try {
    const { current, known } = freehold.keys.status()
    if (!command.json) {
      screen.line(screen.tone('faint', `${placeOf(command.url!)}, schema ${command.schema}`))
      screen.line(`  current ${screen.tone('strong', current)}, known ${known.join(', ')}`)
    }
    let looked = 0
    let moved = 0
    let last: ReencryptionSummary | undefined
    for await (const event of freehold.maintenance.reencrypt({ dryRun })) {
      if (event.kind === 'finished') last = event
      if (command.json) {
        if (!dryRun || event.kind === 'finished') print(stdout, { ...event, current, known })
      } else if (event.kind === 'progress') {
        looked += event.looked
        moved += event.moved
        screen.passing(`  ${count(looked, 'field')} looked at, ${moved} moved`)
      } else if (event.kind === 'unreadable') {
        const { tenantId, table, column, row, key } = event
        const why = key === null ? 'is no sealed value' : `does not open with ${key}`
        screen.line(`  ${screen.tone('bad', '✗')} ${table}.${column} of ${row}, tenant ${tenantId}: it ${why}`)
      }
    }
    if (!last) return 1
    if (!command.json) show(screen, last)
    return last.unreadable > 0 || (dryRun && (last.inUse.length > 0 || last.leftAlone > 0)) ? 1 : 0
  } finally {
    await freehold.close()
  }
}

function show(screen: Screen, { looked, moved, inUse, unused, leftAlone, tenants }: ReencryptionSummary): void {
  screen.line(`  ${count(looked, 'sealed field')} of ${count(tenants, 'tenant')}, ${moved} moved`)
  for (const { key, fields, sessions } of inUse) {
    screen.line(
      `  ${screen.tone('warn', '!')} ${key} is needed by ${count(fields, 'field')} and ${count(sessions, 'live session')}`,
    )
  }
  if (leftAlone > 0) {
    screen.line(`  ${screen.tone('warn', '!')} ${count(leftAlone, 'tenant')} not looked at: being moved`)
  }
  for (const key of unused) screen.line(`  ${screen.tone('good', '✓')} ${key} is needed by nothing that is stored`)
  if (inUse.length + unused.length === 0) screen.line(screen.tone('good', 'There is no older key.'))
}

/** @throws CONFIG_INVALID */
export function keysOf(env: Surroundings['env']): Keys {
  const { FREEHOLD_KEYS: all, FREEHOLD_KEY: only } = env
  if (!all) return { current: 'k1', k1: only }
  try {
    return JSON.parse(all) as Keys
  } catch {
    // what the parser says would quote the keys
    throw new FreeholdError('CONFIG_INVALID', { option: 'FREEHOLD_KEYS', problem: 'it is not JSON' })
  }
}

/** Nobody signs in here. */
export const nobodys = {
  name: 'none',
  hash: () => Promise.reject(new FreeholdError('INTERNAL')),
  verify: () => Promise.resolve(false),
  needsRehash: () => false,
}
