// The exam once more, in a schema of another name: the tables are there, the functions stay in `freehold`.

import { postgres } from '../../src/adapters/postgres/index.ts'
import { createTestDatabase } from '../setup/database.ts'
import { createTenants } from './elapse.ts'
import { sitExam } from './sit.ts'

const schema = 'We"ird $1'

sitExam(
  'postgres in another schema',
  { rowLevelSecurity: true, concurrentTransactions: true, durable: true },
  async () => {
    const database = await createTestDatabase({ connections: 12, empty: true })
    const open = () => postgres({ pool: database.appPool, owner: database.ownerUrl, schema })
    const storage = open()
    await storage.migrations.apply()
    const tenants = createTenants(storage.sharedLocation, (sql) => database.admin(sql))
    return {
      traits: storage.traits,
      async open() {
        tenants.forget()
        return open()
      },
      tenant: tenants.next,
      elapse: tenants.elapse,
      close: () => database.close(),
    }
  },
)
