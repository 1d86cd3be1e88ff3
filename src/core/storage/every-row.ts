// A whole table, or all of it that matches, page by page.

import type { Find, Records } from './records.ts'
import type { Row, TableName } from './tables.ts'

const PAGE = 1000

/** In the order asked for, else by key. For what is few enough to be held: whatever there is comes. */
export async function everyRow<T extends N, N extends TableName>(
  records: Pick<Records<N>, 'find'>,
  table: T,
  query: Pick<Find<T>, 'where' | 'order'> = {},
): Promise<Row<T>[]> {
  const all: Row<T>[] = []
  for (let after: Partial<Row<T>> | undefined; ; after = all.at(-1)) {
    const rows = await records.find(table, { ...query, limit: PAGE, ...(after && { after }) })
    all.push(...rows)
    if (rows.length < PAGE) return all
  }
}
