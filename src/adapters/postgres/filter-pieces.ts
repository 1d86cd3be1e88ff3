// SQL in pieces: text of ours, columns that the host names, and values, which only ever travel as parameters. Besides,
// what is true or false of every row is known before there is any SQL.

/** Text, or what is put in its place when it is written out. */
export type Piece =
  | string
  | { readonly column: string }
  /** With the type that it is sent as, so that no driver has to guess. */
  | { readonly value: string | readonly string[]; readonly as: string }

export type Sql = readonly Piece[]

/** A condition: of the row, or settled. Null means no. */
export type Sure = boolean | Sql

export function sql(texts: TemplateStringsArray, ...inserted: readonly (Sql | string)[]): Sql {
  const pieces: Piece[] = []
  for (const [i, text] of texts.entries()) {
    if (text !== '') pieces.push(text)
    const next = inserted[i]
    if (next !== undefined) pieces.push(...(typeof next === 'string' ? [next] : next))
  }
  return pieces
}

export function value(of: string | readonly string[], as: string): Sql {
  return [{ value: of, as }]
}

export function every(...conditions: readonly Sure[]): Sure {
  if (conditions.includes(false)) return false
  return joined(conditions, ' and ') ?? true
}

export function some(...conditions: readonly Sure[]): Sure {
  if (conditions.includes(true)) return true
  return joined(conditions, ' or ') ?? false
}

/** Null is no, and so the opposite of it is yes. */
export function not(condition: Sure): Sure {
  return typeof condition === 'boolean' ? !condition : sql`(${condition}) is not true`
}

/** What is settled has no pieces. */
function joined(conditions: readonly Sure[], word: string): Sql | undefined {
  const open = conditions.filter((condition) => typeof condition !== 'boolean')
  if (open.length <= 1) return open[0]
  return [...open.flatMap((part, i) => (i === 0 ? ['(', ...part] : [word, ...part])), ')']
}
