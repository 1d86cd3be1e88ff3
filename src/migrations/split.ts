// Cuts an SQL text into its statements, as psql does: a semicolon ends one unless it stands in a string, a quoted
// name, a dollar quote, a comment, parentheses, or the body of a function written with BEGIN ATOMIC.

export interface SqlStatement {
  /** From its first word to before its semicolon. */
  readonly text: string
  /** Line of its first word in the file, 1 for the first. */
  readonly line: number
}

/** What keeps a text from being cut: an open quote, a psql command. */
export class SplitError extends Error {
  readonly line: number
  constructor(line: number, problem: string) {
    super(problem)
    this.line = line
  }
}

/** The statements of a file in their order; comments between them are left out. @throws SplitError */
export function splitStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = []
  let start = -1
  let parentheses = 0
  let words: string[] = []
  let blocks = 0

  const lineAt = (position: number): number => sql.slice(0, position).split('\n').length
  const open = (position: number): void => {
    if (start < 0) start = position
  }
  const close = (end: number): void => {
    if (start >= 0) statements.push({ text: sql.slice(start, end).trimEnd(), line: lineAt(start) })
    start = -1
    parentheses = 0
    words = []
    blocks = 0
  }

  let at = 0
  while (at < sql.length) {
    const skipped = skipComment(sql, at) ?? skipQuoted(sql, at)
    if (skipped) {
      if (skipped.end < 0) throw new SplitError(lineAt(at), `${skipped.what} is not closed`)
      if (skipped.what !== 'a comment') open(at)
      at = skipped.end
      continue
    }
    const character = sql[at]!
    if (/\s/.test(character)) {
      at++
      continue
    }
    if (character === '\\') throw new SplitError(lineAt(at), 'psql commands (\\...) are not SQL; leave them out')
    if (character === ';' && parentheses === 0 && blocks === 0) {
      close(at++)
      continue
    }
    open(at)
    const word = wordAt(sql, at)
    if (word) {
      const lower = word.toLowerCase()
      if (words.length < 4) words.push(lower)
      if (parentheses === 0 && definesRoutine(words)) blocks += blockStep(lower, blocks)
      at += word.length
      continue
    }
    if (character === '(') parentheses++
    if (character === ')' && parentheses > 0) parentheses--
    at++
  }
  close(sql.length)
  return statements
}

/** A text from where its first statement begins: spaces, comments and empty statements before it are left out. */
export function withoutLead(sql: string): string {
  let at = 0
  while (at < sql.length) {
    const comment = skipComment(sql, at)
    if (comment && comment.end < 0) break
    if (!comment && !/[\s;]/.test(sql[at]!)) break
    at = comment?.end ?? at + 1
  }
  return sql.slice(at)
}

interface Skipped {
  /** Position after it, or -1 when it is not closed. */
  readonly end: number
  readonly what: 'a comment' | 'a string' | 'a quoted name' | 'a dollar quote'
}

function skipComment(sql: string, at: number): Skipped | undefined {
  if (sql.startsWith('--', at)) {
    LINE_END.lastIndex = at
    return { what: 'a comment', end: LINE_END.test(sql) ? LINE_END.lastIndex : sql.length }
  }
  if (!sql.startsWith('/*', at)) return undefined
  let depth = 0
  for (let i = at; i < sql.length; i++) {
    if (sql.startsWith('/*', i)) depth++
    else if (sql.startsWith('*/', i)) depth--
    else continue
    i++
    if (depth === 0) return { what: 'a comment', end: i + 1 }
  }
  return { what: 'a comment', end: -1 }
}

function skipQuoted(sql: string, at: number): Skipped | undefined {
  const character = sql[at]
  if (character === '"') return { what: 'a quoted name', end: quoteEnd(sql, at, '"', false) }
  if (character === "'") return { what: 'a string', end: quoteEnd(sql, at, "'", false) }
  if ((character === 'e' || character === 'E') && sql[at + 1] === "'" && !inWord(sql, at)) {
    return { what: 'a string', end: quoteEnd(sql, at + 1, "'", true) }
  }
  if (character !== '$' || inWord(sql, at)) return undefined
  DOLLAR.lastIndex = at
  const tag = DOLLAR.exec(sql)?.[0]
  if (!tag) return undefined
  const end = sql.indexOf(tag, at + tag.length)
  return { what: 'a dollar quote', end: end < 0 ? -1 : end + tag.length }
}

function quoteEnd(sql: string, at: number, quote: string, escapes: boolean): number {
  for (let i = at + 1; i < sql.length; i++) {
    if (escapes && sql[i] === '\\') i++
    else if (sql[i] === quote && sql[i + 1] === quote) i++
    else if (sql[i] === quote) return i + 1
  }
  return -1
}

const LINE_END = /[\n\r]/g
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y

function wordAt(sql: string, at: number): string | undefined {
  WORD.lastIndex = at
  return WORD.exec(sql)?.[0]
}

/** True when the character before is part of a name or number that goes on here. */
function inWord(sql: string, at: number): boolean {
  return at > 0 && /[A-Za-z0-9_$\u0080-\uffff]/.test(sql[at - 1]!)
}

function definesRoutine([first, second, third, fourth]: readonly string[]): boolean {
  if (first !== 'create') return false
  const what = second === 'or' && third === 'replace' ? fourth : second
  return what === 'function' || what === 'procedure'
}

/** BEGIN ATOMIC opens a block, CASE inside it another, END closes one. */
function blockStep(word: string, blocks: number): number {
  if (word === 'begin') return 1
  if (word === 'case' && blocks > 0) return 1
  if (word === 'end' && blocks > 0) return -1
  return 0
}
