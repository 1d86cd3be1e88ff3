import { postgres } from '../../src/adapters/postgres/index.ts'
import { createTestDatabase } from '../setup/database.ts'
import { createTenants } from './elapse.ts'
import { sitExam } from './sit.ts'

sitExam('postgres', { rowLevelSecurity: true, concurrentTransactions: true, durable: true }, async () => {
  const database = await createTestDatabase({ connections: 12 })
  const open = () => postgres({ pool: database.appPool, owner: database.ownerUrl })
  const { traits, sharedLocation } = open()
  const tenants = createTenants(sharedLocation, (sql) => database.admin(sql))
  return {
    traits,
    async open() {
      tenants.forget()
      return open()
    },
    tenant: tenants.next,
    elapse: tenants.elapse,
    close: () => database.close(),
  }
})
