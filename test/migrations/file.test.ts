// What a migration file may be, and what makes it another file.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FreeholdError } from '../../src/core/kernel/errors.ts'
import { inOrder, labelOf, parseMigration } from '../../src/migrations/file.ts'
import { bundledMigrations, readMigrations } from '../../src/migrations/manifest.ts'
import { VERSION } from '../../src/migrations/version.ts'
import { refusal } from './runner.ts'

const parse = (name: string, sql = 'select 1') => parseMigration('host', name, sql)

function problemOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (FreeholdError.is(error, 'MIGRATION_INVALID')) return `${error.details.file}: ${error.details.problem}`
    throw error
  }
  throw new Error('it was not refused')
}

describe('a migration file', () => {
  it('has a number and a name', () => {
    expect(parse('0042_add-notes_again.sql')).toMatchObject({ set: 'host', number: 42, name: 'add-notes_again' })
  })

  it.each([
    '1_a.sql',
    '00001_a.sql',
    '0001-a.sql',
    '0001_.sql',
    '0001_A.sql',
    '0001_a b.sql',
    '0000_a.sql',
    '0001_a.SQL',
    'a.sql',
  ])('is not called %s', (name) => {
    expect(problemOf(() => parse(name))).toMatch(/name is not|start at 0001/)
  })

  it('has the same checksum whatever its line endings and byte order mark, and another for any other change', () => {
    const { checksum } = parse('0001_a.sql', 'select 1;\nselect 2;\n')
    expect(checksum).toMatch(/^[0-9a-f]{64}$/)
    expect(parse('0001_a.sql', 'select 1;\r\nselect 2;\r\n').checksum).toBe(checksum)
    expect(parse('0001_a.sql', '\uFEFFselect 1;\rselect 2;\r').checksum).toBe(checksum)
    expect(parse('0001_a.sql', 'select 1;\nselect  2;\n').checksum).not.toBe(checksum)
  })

  it('leaves the transaction by a directive in its header', () => {
    expect(parse('0001_a.sql').transactional).toBe(true)
    expect(parse('0001_a.sql', '-- why\n\n-- freehold: no-transaction\nselect 1').transactional).toBe(false)
    expect(parse('0001_a.sql', "select '-- freehold'").transactional).toBe(true)
  })

  it.each([
    ['select 1;\n-- freehold: no-transaction\n', 'line 2: a directive stands before'],
    ['-- freehold: no-transactions\nselect 1', 'there is no directive "no-transactions"'],
    ['', 'no statement'],
    ['-- only words\n', 'no statement'],
    ["select 1;\nselect 'open", 'line 2: a string is not closed'],
    ['begin;\nselect 1;\ncommit;', 'line 1: BEGIN'],
    ['select 1;\ncommit', 'line 2: COMMIT'],
    ['select 1;\nrollback', 'line 2: ROLLBACK'],
    ['start  transaction', 'START  TRANSACTION'],
    ['copy notes (id) from stdin', 'COPY FROM STDIN'],
    ['\\connect other\nselect 1', 'psql'],
  ])('is refused: %j', (sql, problem) => {
    expect(problemOf(() => parse('0001_a.sql', sql))).toContain(problem)
  })

  it('may roll back to a savepoint', () => {
    expect(parse('0001_a.sql', 'savepoint a; rollback to savepoint a; rollback work to a').statements).toHaveLength(3)
  })
})

describe('a folder of migration files', () => {
  it('is read in the order of the numbers; other files are left alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'freehold-files-'))
    await writeFile(join(folder, '0002_b.sql'), 'select 2')
    await writeFile(join(folder, '0001_a.sql'), 'select 1')
    await writeFile(join(folder, 'README.md'), 'words')
    expect((await readMigrations(folder)).map(({ name }) => name)).toEqual(['a', 'b'])

    await writeFile(join(folder, '0003_c.sql'), Uint8Array.of(0x73, 0xff))
    expect(await refusal(readMigrations(folder))).toMatchObject({
      details: { file: 'host/0003_c.sql', problem: 'it is not UTF-8' },
    })
    await rm(folder, { recursive: true })
    expect(await refusal(readMigrations(folder))).toMatchObject({
      code: 'MIGRATION_INVALID',
      details: { file: folder },
    })
  })

  it('has no number twice and none left out', () => {
    expect(problemOf(() => inOrder([parse('0001_a.sql'), parse('0002_b.sql'), parse('0002_c.sql')]))).toContain(
      'taken by b',
    )
    expect(problemOf(() => inOrder([parse('0003_c.sql'), parse('0001_a.sql')]))).toContain('0002 is missing')
    expect(problemOf(() => inOrder([parse('0002_b.sql')]))).toContain('0001 is missing')
  })
})

describe('the bundled migrations', () => {
  it('are the system set, then the tenant set', () => {
    expect(bundledMigrations().map(labelOf)).toEqual([
      'system/0001_foundation',
      'system/0002_tenants',
      'system/0003_billing',
      'tenant/0001_identity',
      'tenant/0002_access',
      'tenant/0003_audit',
      'tenant/0004_billing',
      'tenant/0005_authentication',
      'tenant/0006_api_keys',
      'tenant/0007_access_deep',
    ])
  })

  it('are every SQL file there is', async () => {
    const { readdir } = await import('node:fs/promises')
    const files = (await Promise.all(['system', 'tenant'].map((set) => readdir(`src/migrations/${set}`)))).flat()
    expect(bundledMigrations()).toHaveLength(files.length)
  })

  it('are noted with the version of the package', async () => {
    expect(VERSION).toBe(JSON.parse(await readFile('package.json', 'utf8')).version)
  })
})
