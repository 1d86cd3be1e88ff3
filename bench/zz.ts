import { filterOfAMillion } from './access-filter.ts'
import { efforts } from './measure.ts'
import { table } from './report.ts'
import { migrate } from './seed.ts'
import { openDatabase } from './server.ts'

const database = await openDatabase(console.error)
await migrate(database)
const r = await filterOfAMillion(database, { ...efforts.thorough, rounds: 61 }, console.error)
console.log(table(r))
await database.close()
process.exit(0)
