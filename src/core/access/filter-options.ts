// What a filter is told of the rows: their columns, and which of them say where a row is.

import { checkKeys, invalid, isPlainObject, isPlainText, PROTOTYPE_KEYS, shown } from '../kernel/input.ts'
import { askedOf, type PlaceOptions } from './asked.ts'
import { type CheckOptions, checkFields } from './check-options.ts'
import type { ColumnType, FilterColumn } from './filter-formula.ts'
import type { RowPlaces } from './filter-places.ts'
import type { TenantBook } from './tenant-book.ts'

/**
 * `check` with the same options says yes of the rows that are in, where `resource` is the row with these columns, the places
 * and `on` are those that its columns name, and nothing else is told.
 */
export interface FilterOptions extends Omit<PlaceOptions, 'on'>, Pick<CheckOptions, 'context' | 'fields'> {
  /**
   * What the rows have, by the name under which conditions know it: `author_id` is `resource.author_id`. What is not here is not
   * there; null in a row is null.
   */
  readonly columns: Readonly<Record<string, ColumnType>>
  /** Which columns hold the id of the organization, the team or the project that a row belongs to, and its own. */
  readonly places?: PlaceColumns
}

export interface PlaceColumns {
  readonly organization?: string
  readonly team?: string
  readonly project?: string
  /** The id by which assignments and policies name single rows. */
  readonly resource?: string
}

const TYPES: Readonly<Record<ColumnType, true>> = {
  text: true,
  uuid: true,
  integer: true,
  double: true,
  numeric: true,
  boolean: true,
  time: true,
  json: true,
  inet: true,
  'text[]': true,
  'uuid[]': true,
  'integer[]': true,
}
const PLACES = ['organization', 'team', 'project'] as const
const MAXIMUM_COLUMNS = 200
const MAXIMUM_NAME = 200

export interface Rows {
  readonly columns: ReadonlyMap<string, ColumnType>
  readonly places: RowPlaces
}

/** @throws INPUT_INVALID, ORGANIZATION_UNKNOWN, TEAM_UNKNOWN, PROJECT_UNKNOWN */
export function rowsOf(book: TenantBook, permission: string, options: FilterOptions): Rows {
  checkKeys(options, 'options', ['columns', 'places', 'organization', 'team', 'project', 'in', 'context', 'fields'])
  checkFields(options.fields)
  const columns = checkColumns(options.columns)
  const named = options.places ?? {}
  checkKeys(named, 'places', [...PLACES, 'resource'])
  const placeColumns: { [K in (typeof PLACES)[number]]?: FilterColumn } = {}
  for (const kind of PLACES) {
    if (named[kind] === undefined) continue
    if (options[kind] !== undefined) throw invalid(`places.${kind}`, `all rows are in one ${kind} already`)
    placeColumns[kind] = idColumn(columns, kind, named[kind], ['uuid', 'text'])
  }
  const { organization, team, project, in: others } = options
  const fixed = askedOf(book, given({ organization, team, project, in: others }))
  const type = permission.slice(0, permission.indexOf(':'))
  const id = named.resource
  return {
    columns,
    places: {
      tree: book.places,
      fixed: fixed.places,
      columns: placeColumns,
      resource:
        id === undefined ? undefined : { type, column: idColumn(columns, 'resource', id, ['uuid', 'text', 'integer']) },
    },
  }
}

function checkColumns(given: unknown): ReadonlyMap<string, ColumnType> {
  if (!isPlainObject(given)) throw invalid('columns', 'it is an object: name -> what the column holds')
  const entries = Object.entries(given)
  if (entries.length > MAXIMUM_COLUMNS) throw invalid('columns', `it has more than ${MAXIMUM_COLUMNS} columns`)
  for (const [name, type] of entries) {
    const keys = name.split('.')
    if (name.length > MAXIMUM_NAME || !isPlainText(name) || keys.some((key) => key === '' || PROTOTYPE_KEYS.has(key))) {
      throw invalid(`columns.${shown(name)}`, 'it is no name that a condition could look for')
    }
    if (typeof type !== 'string' || !Object.hasOwn(TYPES, type)) {
      throw invalid(`columns.${shown(name)}`, `it is one of ${Object.keys(TYPES).join(', ')}`)
    }
  }
  return new Map(entries as [string, ColumnType][])
}

function idColumn(
  columns: ReadonlyMap<string, ColumnType>,
  kind: keyof PlaceColumns,
  name: string,
  types: readonly ColumnType[],
): FilterColumn {
  const type = columns.get(name)
  if (type === undefined || !types.includes(type)) {
    throw invalid(`places.${kind}`, `it names one of the columns, whose type is ${types.join(' or ')}`)
  }
  return { kind: 'column', name, type, keys: [] }
}

function given<Options extends object>(options: Options): PlaceOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
