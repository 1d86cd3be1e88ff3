// A filter of access in the host's own query: as an expression of Kysely's, or as text with its parameters. Values
// travel as parameters, always; columns are named by the host, and nothing in a condition ever becomes a name.

import type { Expression, ExpressionBuilder, OperationNode, RawNode, SqlBool, StringReference } from 'kysely'
import type { Filter } from '../../core/access/filter.ts'
import type { Piece } from './filter-pieces.ts'
import { filterSql } from './filter-sql.ts'

export interface AccessFilterOptions<DB, TB extends keyof DB> {
  /** The table or alias whose columns these are, where a query has several. */
  readonly table?: TB & string
  /** Where a column has another name than conditions know it by: what it is called, or an expression for it. */
  readonly columns?: Readonly<Record<string, StringReference<DB, TB> | Expression<unknown>>>
}

/**
 * `db.selectFrom('notes').where((eb) => accessFilter(eb, filter))`: the rows for which a check says yes. For a row that is out it
 * may be null, as a WHERE takes it; for the rows that are out write `is not true`.
 */
export function accessFilter<DB, TB extends keyof DB>(
  eb: ExpressionBuilder<DB, TB>,
  filter: Filter,
  options: AccessFilterOptions<DB, TB> = {},
): Expression<SqlBool> {
  const { table, columns = {} } = options
  const nodeOf = (piece: Exclude<Piece, string>): OperationNode => {
    if ('value' in piece) return { kind: 'ValueNode', value: piece.value } as OperationNode
    const named = Object.hasOwn(columns, piece.column) ? columns[piece.column] : undefined
    if (typeof named === 'object') return named.toOperationNode()
    const name = named ?? (table === undefined ? piece.column : `${table}.${piece.column}`)
    return eb.ref(name as StringReference<DB, TB>).toOperationNode()
  }
  const node = rawNode(piecesOf(filter), nodeOf)
  return {
    get expressionType(): SqlBool | undefined {
      return undefined
    },
    toOperationNode: () => node,
  }
}

export interface AccessFilterTextOptions {
  /** The table or alias whose columns these are, where a query has several. */
  readonly table?: string
  /** Where a column has another name than conditions know it by: SQL for it, which is put in as it stands. */
  readonly columns?: Readonly<Record<string, string>>
  /** The number of the first parameter, where the query has others before. Default 1. */
  readonly firstParameter?: number
}

export interface AccessFilterText {
  /** In parentheses. */
  readonly text: string
  /** Texts, and lists of texts, for `$1` and on. */
  readonly values: readonly (string | readonly string[])[]
}

/** As `accessFilter`, for hosts without Kysely: a condition for a WHERE, and its parameters. */
export function accessFilterText(filter: Filter, options: AccessFilterTextOptions = {}): AccessFilterText {
  const { table, columns = {}, firstParameter = 1 } = options
  const values: (string | readonly string[])[] = []
  const written = piecesOf(filter).map((piece) => {
    if (typeof piece === 'string') return piece
    if ('value' in piece) return `$${values.push(piece.value) + firstParameter - 1}::${piece.as}`
    if (Object.hasOwn(columns, piece.column)) return `(${columns[piece.column]})`
    const names = [...(table === undefined ? [] : [table]), ...piece.column.split('.')]
    return names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')
  })
  return { text: `(${written.join('')})`, values }
}

function piecesOf(filter: Filter): readonly Piece[] {
  const sure = filter.kind === 'conditional' ? filterSql(filter.where) : filter.kind === 'always'
  return typeof sure === 'boolean' ? [String(sure)] : sure
}

function rawNode(pieces: readonly Piece[], nodeOf: (piece: Exclude<Piece, string>) => OperationNode): RawNode {
  const sqlFragments = ['(']
  const parameters: OperationNode[] = []
  const write = (text: string): void => {
    sqlFragments[sqlFragments.length - 1] += text
  }
  for (const piece of pieces) {
    if (typeof piece === 'string') write(piece)
    else {
      parameters.push(nodeOf(piece))
      sqlFragments.push('value' in piece ? `::${piece.as}` : '')
    }
  }
  write(')')
  return { kind: 'RawNode', sqlFragments, parameters }
}
