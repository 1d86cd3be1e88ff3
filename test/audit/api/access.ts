// The questions about access, and the tools around it; see instance.ts.

import type { TenantServices } from '../../../src/index.ts'
import { name, type Table } from './parts.ts'

interface Imported {
  readonly format: string
  readonly roles: readonly object[]
}

export const access: Table<Pick<TenantServices, 'access'>> = {
  'access.check': 'reads',
  'access.checkMany': 'reads',
  'access.ever': 'reads',
  'access.explain': 'reads',
  'access.fieldsOf': 'reads',
  'access.filter': 'reads',
  'access.permissionsOf': 'reads',
  'access.revision': 'reads',
  'access.whoCan': 'reads',
  'access.principal': 'reads',
  'access.diff': 'reads',
  'access.lint': 'reads',
  'access.export': 'reads',
  'access.import': {
    writes: ['role.created', 'access.imported'],
    given: async (): Promise<Imported> => {
      const role = { key: name('role'), name: 'Carried', permissions: [] }
      return { format: 'freehold.access/1', roles: [role] }
    },
    act: (services, document: Imported) => services.access.import(document),
    again: 'nothing',
  },
}
