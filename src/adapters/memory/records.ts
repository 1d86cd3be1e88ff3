// Records: the statements, for the tables of one scope.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { Records } from '../../core/storage/records.ts'
import type { TableName } from '../../core/storage/tables.ts'
import type { Run } from './scopes.ts'

/** @param tables the names that this scope may use; another is INPUT_INVALID */
export function createRecords<T extends TableName>(run: Run, tables: readonly string[]): Records<T> {
  function known<N extends T>(table: N): N {
    if (!tables.includes(table)) {
      throw new FreeholdError('INPUT_INVALID', { field: 'table', problem: `this scope has no table ${table}` })
    }
    return table
  }

  return {
    get: (table, key) => run((statements) => statements.get(known(table), key)),
    // whoever is in a transaction holds the whole storage, this row included
    lock: (table, key) => run((statements) => statements.get(known(table), key)),
    find: (table, query) => run((statements) => statements.find(known(table), query)),
    insert: (table, rows, options) => run((statements) => statements.insert(known(table), rows, options)),
    update: (table, where, change) => run((statements) => statements.update(known(table), where, change)),
    remove: (table, where) => run((statements) => statements.remove(known(table), where)),
    count: (table, where) => run((statements) => statements.count(known(table), where)),
  }
}
