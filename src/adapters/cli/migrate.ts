// freehold migrate plan | up | status

import type { MigrationEvent, MigrationOptions, MigrationStatus } from '../../core/storage/migrations.ts'
import { createMigrations, labelOf } from '../../migrations/index.ts'
import { connect, loginOf, placeOf } from './connection.ts'
import { count, type Output, openScreen, type Screen, type Surroundings } from './screen.ts'
import type { Command } from './usage.ts'

/** The database that a migrate command works on: as the owner where one is named. */
export function migrateUrl({ ownerUrl, url }: Command): string {
  return ownerUrl ?? url!
}

/** Answers the exit code. @throws as Migrations.plan, apply, status */
export async function migrate(command: Command, surroundings: Surroundings): Promise<number> {
  const { url, ownerUrl, schema, folder, baseline, lockWaitMs } = command
  const appLogin = url !== undefined && ownerUrl !== undefined ? loginOf(url) : undefined
  const migrations = createMigrations({
    schema,
    connect: () => connect(migrateUrl(command)),
    ...(folder !== undefined && { folder }),
    ...(appLogin !== undefined && { appLogin }),
  })
  const options: MigrationOptions = {
    ...(baseline !== undefined && { baseline }),
    ...(lockWaitMs !== undefined && { lockWaitMs }),
  }
  const screen = openScreen(surroundings.stdout, surroundings.env)
  const head = (): void => screen.line(screen.tone('faint', `${placeOf(migrateUrl(command))}, schema ${schema}`))

  switch (command.name) {
    case 'plan': {
      const plan = await migrations.plan(options)
      if (command.json) print(surroundings.stdout, plan)
      else if (command.sql) for (const { sql, ...file } of plan.pending) surroundings.stdout.write(sqlOf(file, sql))
      else {
        head()
        for (const file of plan.pending) {
          const note = file.transactional ? '' : screen.tone('warn', '  outside a transaction')
          screen.line(`  ${screen.tone('faint', '·')} ${labelOf(file)}${note}`)
        }
        screen.line(
          plan.pending.length === 0
            ? screen.tone('good', 'Nothing is pending.')
            : `${count(plan.pending.length, 'migration')} to run. Shown in full by --sql, applied by "freehold migrate up".`,
        )
      }
      return plan.pending.length === 0 ? 0 : 1
    }
    case 'up': {
      if (!command.json) head()
      for await (const event of migrations.apply(options)) {
        if (command.json) print(surroundings.stdout, event)
        else show(screen, event)
      }
      return 0
    }
    default: {
      const status = await migrations.status(options)
      const ok = status.every(({ state }) => state === 'done')
      if (command.json) print(surroundings.stdout, { ok, schema, migrations: status })
      else {
        head()
        showStatus(screen, status)
      }
      return ok ? 0 : 1
    }
  }
}

export function print(output: Output, document: unknown): void {
  output.write(`${JSON.stringify(document)}\n`)
}

function sqlOf(file: Parameters<typeof labelOf>[0] & { transactional: boolean }, sql: string): string {
  return `-- ${labelOf(file)}: ${file.transactional ? 'one transaction' : 'statement by statement, outside a transaction'}\n${sql.trimEnd()}\n\n`
}

function show(screen: Screen, event: MigrationEvent): void {
  if (event.kind === 'waiting') {
    screen.passing(`  waiting for another migration of ${event.schema} (${Math.round(event.waitedMs / 1000)} s)`)
  } else if (event.kind === 'started') {
    screen.passing(`  ${bar(event.index - 1, event.of)} ${event.index}/${event.of} ${event.migration}`)
  } else screen.line(told(screen, event))
}

function told({ tone }: Screen, event: Exclude<MigrationEvent, { kind: 'waiting' | 'started' }>): string {
  switch (event.kind) {
    case 'retrying':
      return `  ${tone('warn', '↻')} ${event.migration}: ${event.reason}; try ${event.attempt + 1} in ${duration(event.delayMs)}`
    case 'cleaned':
      return `  ${tone('warn', '-')} ${event.migration}: dropped the invalid index ${event.index}`
    case 'applied':
      return `  ${tone('good', '✓')} ${event.migration}  ${tone('faint', duration(event.durationMs))}`
    case 'baselined':
      return `  ${tone('good', '=')} ${event.migration}  ${tone('faint', 'taken as done')}`
    case 'granted':
      return `  ${tone('good', '+')} ${event.login} is now a member of ${event.role}`
    case 'finished':
      if (event.applied === 0) return tone('good', 'Nothing was pending.')
      return tone('good', `${count(event.applied, 'migration')} applied in ${duration(event.durationMs)}.`)
  }
}

function bar(done: number, of: number): string {
  const width = 20
  const filled = Math.round((done / of) * width)
  return `${'━'.repeat(filled)}${'─'.repeat(width - filled)}`
}

function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

const SIGNS = {
  done: ['good', '✓'],
  pending: ['faint', '·'],
  running: ['warn', '…'],
  failed: ['bad', '✗'],
  'needs-repair': ['bad', '✗'],
  changed: ['bad', '≠'],
  'unknown-to-code': ['bad', '?'],
} as const

const WORDS: { readonly [S in MigrationStatus['state']]: string } = {
  done: 'done',
  pending: 'pending',
  running: 'begun and not ended: run "up" again',
  failed: 'failed, nothing was kept',
  'needs-repair': 'stopped halfway: run "up" again',
  changed: 'the file was edited after it ran',
  'unknown-to-code': 'not known to this code',
}

function showStatus(screen: Screen, status: readonly MigrationStatus[]): void {
  const width = Math.max(...status.map((one) => labelOf(one).length))
  for (const one of status) {
    const [tone, sign] = SIGNS[one.state]
    const when = one.appliedAt
      ? screen.tone('faint', `${one.appliedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`)
      : WORDS[one.state]
    screen.line(`  ${screen.tone(tone, sign)} ${labelOf(one).padEnd(width)}  ${when}`)
    if (one.error) screen.line(screen.tone('faint', `    ${one.error}`))
  }
  const open = status.filter(({ state }) => state !== 'done').length
  screen.line(
    open === 0 ? screen.tone('good', 'All are applied.') : `${count(open, 'migration')} of ${status.length} not done.`,
  )
}
