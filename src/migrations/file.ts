// A migration file: `NNNN_name.sql`, a header of comments with directives, then SQL. Read once, checked before
// anything runs, and known by the SHA-256 of its text.

import { createHash } from 'node:crypto'
import { FreeholdError } from '../core/kernel/errors.ts'
import type { MigrationSet, PlannedMigration } from '../core/storage/migrations.ts'
import { SplitError, type SqlStatement, splitStatements } from './split.ts'

export interface MigrationFile extends PlannedMigration {
  readonly statements: readonly SqlStatement[]
}

/** `host/0003_notes`: how events, errors and people call a migration. */
export function labelOf(migration: Pick<PlannedMigration, 'set' | 'number' | 'name'>): string {
  return `${migration.set}/${String(migration.number).padStart(4, '0')}_${migration.name}`
}

/**
 * Reads one file. Line endings and a byte order mark do not count: the same file has the same checksum on every system.
 *
 * @param fileName `0003_notes.sql`
 * @throws MIGRATION_INVALID: a name of another form, an unknown or misplaced directive, an open quote, no statement, a
 * psql command, COPY FROM STDIN, or a statement that begins or ends a transaction
 */
export function parseMigration(set: MigrationSet, fileName: string, text: string): MigrationFile {
  const file = `${set}/${fileName}`
  const [, digits, name] = /^([0-9]{4})_([a-z0-9]+(?:[_-][a-z0-9]+)*)\.sql$/.exec(fileName) ?? []
  if (!digits || !name) throw invalid(file, 'the name is not of the form 0001_what_it_does.sql')
  if (Number(digits) === 0) throw invalid(file, 'numbers start at 0001')

  const sql = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const transactional = !directivesOf(file, sql).has('no-transaction')
  const statements = statementsOf(file, sql)
  for (const statement of statements) refuseStatement(file, statement)
  return { set, number: Number(digits), name, checksum: sha256(sql), transactional, sql, statements }
}

/** @throws MIGRATION_INVALID when a number is there twice, or one is left out */
export function inOrder(files: readonly MigrationFile[]): MigrationFile[] {
  const sorted = [...files].sort((a, b) => a.number - b.number)
  sorted.forEach((file, index) => {
    const before = sorted[index - 1]
    if (before?.number === file.number) {
      throw invalid(`${labelOf(file)}.sql`, `the number is taken by ${before.name}; give the later one the next number`)
    }
    if (file.number !== index + 1) {
      const missing = String(index + 1).padStart(4, '0')
      throw invalid(`${labelOf(file)}.sql`, `${missing} is missing before it; numbers leave no gap`)
    }
  })
  return sorted
}

/** SHA-256, hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

export function invalid(file: string, problem: string): FreeholdError<'MIGRATION_INVALID'> {
  return new FreeholdError('MIGRATION_INVALID', { file, problem })
}

/** `-- freehold: no-transaction`, in the comments before the first statement. One that would be overlooked is refused. */
function directivesOf(file: string, sql: string): ReadonlySet<string> {
  const found = new Set<string>()
  let header = true
  sql.split('\n').forEach((line, index) => {
    const directive = /^\s*--\s*freehold\s*:\s*(.*?)\s*$/i.exec(line)?.[1]
    if (directive === undefined) {
      if (!/^\s*(--.*)?$/.test(line)) header = false
      return
    }
    if (!header) throw invalid(file, `line ${index + 1}: a directive stands before the first statement`)
    if (directive !== 'no-transaction') {
      throw invalid(file, `line ${index + 1}: there is no directive "${directive}"; there is "no-transaction"`)
    }
    found.add(directive)
  })
  return found
}

function statementsOf(file: string, sql: string): SqlStatement[] {
  try {
    const statements = splitStatements(sql)
    if (statements.length === 0) throw invalid(file, 'it holds no statement')
    return statements
  } catch (error) {
    if (error instanceof SplitError) throw invalid(file, `line ${error.line}: ${error.message}`)
    throw error
  }
}

const CONTROL =
  /^(begin|start\s+transaction|commit|end|abort|rollback(?!\s+(work\s+|transaction\s+)?to\b)|prepare\s+transaction)\b/i
const COPY_STDIN = /^copy\b[^;]*\bfrom\s+stdin\b/i

function refuseStatement(file: string, { text, line }: SqlStatement): void {
  const control = CONTROL.exec(text)?.[1]
  if (control) {
    throw invalid(
      file,
      `line ${line}: ${control.toUpperCase()} has no place here; the runner begins and ends transactions`,
    )
  }
  if (COPY_STDIN.test(text)) throw invalid(file, `line ${line}: COPY FROM STDIN needs psql; write INSERT`)
}
