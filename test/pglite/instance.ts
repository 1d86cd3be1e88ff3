// A migrated PGlite for a test file. The first one boots and migrates; what it then holds is dumped, and every other
// is restored from the dump.

import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { pglite } from '../../src/adapters/pglite/index.ts'
import { bundledMigrations } from '../../src/migrations/manifest.ts'

/**
 * Whoever gets it closes it, or the process hangs.
 * @param dataDir default: in memory
 */
export async function migratedPglite(dataDir?: string): Promise<PGlite> {
  const file = await dumpFile()
  const dump = await readFile(file).catch(() => undefined)
  if (dump) return PGlite.create({ ...(dataDir && { dataDir }), loadDataDir: new Blob([new Uint8Array(dump)]) })
  const database = await PGlite.create(dataDir)
  await pglite({ database }).migrations.apply()
  const made = await database.dumpDataDir('none')
  // whole or not at all: another worker may be at the same
  const draft = `${file}.${process.pid}`
  await writeFile(draft, Buffer.from(await made.arrayBuffer()))
  await rename(draft, file)
  return database
}

/** Named by what it is made of, so that an edited migration makes another. */
async function dumpFile(): Promise<string> {
  const sums = bundledMigrations().map(({ checksum }) => checksum)
  const hash = createHash('sha256').update(sums.join()).digest('hex').slice(0, 16)
  const folder = join(tmpdir(), 'freehold-pglite')
  await mkdir(folder, { recursive: true })
  return join(folder, `${hash}.tar`)
}
