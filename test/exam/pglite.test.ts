import { pglite } from '../../src/adapters/pglite/index.ts'
import { migratedPglite } from '../pglite/instance.ts'
import { createTenants } from './elapse.ts'
import { sitExam } from './sit.ts'

sitExam('pglite', { rowLevelSecurity: true, concurrentTransactions: false, durable: false }, async () => {
  const database = await migratedPglite()
  const { traits, sharedLocation } = pglite({ database })
  const tenants = createTenants(sharedLocation, (sql) => database.exec(sql))
  return {
    traits,
    async open() {
      tenants.forget()
      return pglite({ database })
    },
    tenant: tenants.next,
    elapse: tenants.elapse,
    close: () => database.close(),
  }
})
