// The table of operators in other tenants. Its rows are the platform tenant's; in every other it stays empty.

import type { Table } from './columns.ts'

export type StayKind = 'impersonation' | 'break-glass'

export interface OperatorStayRow {
  /** Of an impersonation: its session's, in the tenant that was entered. */
  id: string
  operator_id: string
  /** The operator's session epoch when it began: once they have signed out everywhere, it is over. */
  operator_epoch: number
  kind: StayKind
  entered_tenant_id: string
  /** Of an impersonation: who is acted as. */
  acted_as_id: string | null
  reason: string
  /** The operator's address when it began. */
  ip: string | null
  expires_at: Date
  ended_at: Date | null
  created_at: Date
}

export interface OperatorTables {
  operator_stays: OperatorStayRow
}

export const operatorTables = {
  operator_stays: {
    key: ['id'],
    references: {
      operator_stays_operator_id_fkey: { columns: ['operator_id'], table: 'users', onDelete: 'cascade' },
    },
    columns: {
      id: { type: 'uuid' },
      operator_id: { type: 'uuid' },
      operator_epoch: { type: 'integer' },
      kind: { type: 'text' },
      entered_tenant_id: { type: 'uuid' },
      acted_as_id: { type: 'uuid', nullable: true },
      reason: { type: 'text' },
      ip: { type: 'text', nullable: true, person: true },
      expires_at: { type: 'time' },
      ended_at: { type: 'time', nullable: true },
      created_at: { type: 'time', generated: true },
    },
  },
} as const satisfies { readonly [T in keyof OperatorTables]: Table<OperatorTables[T]> }
