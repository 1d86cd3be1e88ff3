// Every TypeScript block of the pages compiles against the package, as strictly as the package itself. What a block takes
// from the text around it is declared here; a block that nothing is declared for stands alone.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')

interface Snippet {
  readonly page: string
  readonly line: number
  readonly code: string
}

/** By a piece of the block that no other has. */
const AROUND: readonly (readonly [piece: string, declarations: string])[] = [
  [
    "tx.db.deleteFrom('notes')",
    `import type { TenantHandle, User } from 'freehold'
     import type { Generated, Kysely } from 'kysely'
     declare const acme: TenantHandle<Kysely<{ notes: { id: Generated<string>; author_id: string; body: string } }>>
     declare const ana: User`,
  ],
  [
    'definePermissions({ note:',
    `import type { Keys, Storage, TenantHandle, User } from 'freehold'
     import type { FreeholdEnv } from 'freehold/hono'
     import type { Hono } from 'hono'
     import type { Generated, Kysely } from 'kysely'
     import type { Stripe } from 'stripe'
     type Db = Kysely<{ notes: { id: Generated<string>; author_id: string; body: string } }>
     declare const storage: Storage<Db>
     declare const keys: Keys
     declare const stripe: Stripe
     declare const webhookSecrets: string[]
     declare const acme: TenantHandle<Db, 'note:read' | 'note:write'>
     declare const ana: User
     declare const note: { author_id: string }
     declare const app: Hono<FreeholdEnv<Db, 'note:read' | 'note:write'>>`,
  ],
  [
    "'context.mfa': true",
    `import type { TenantHandle } from 'freehold'
     declare const acme: TenantHandle<unknown, 'note:read' | 'note:write'>`,
  ],
  [
    'accessFilter(eb, filter, { table:',
    `import type { TenantHandle, User } from 'freehold'
     import type { Kysely } from 'kysely'
     interface Note { id: string; author_id: string; status: string; organization_id: string; created_at: Date }
     declare const acme: TenantHandle<Kysely<{ notes: Note }>, 'note:read' | 'note:write'>
     declare const ana: User`,
  ],
  [
    'accessFilterText(filter',
    `import type { Filter } from 'freehold'
     import type pg from 'pg'
     declare const filter: Filter
     declare const pool: pg.Pool`,
  ],
  [
    'of acme.users.import(',
    `import type { TenantHandle } from 'freehold'
     declare const acme: TenantHandle`,
  ],
  [
    'of freehold.migrations.apply()',
    `import type { Freehold } from 'freehold'
     declare const freehold: Freehold`,
  ],
]

async function snippets(): Promise<Snippet[]> {
  const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
  const found: Snippet[] = []
  for (const page of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs]) {
    const text = await readFile(join(root, page), 'utf8')
    for (const block of text.matchAll(/^```(?:ts|typescript)\n([\s\S]*?)^```/gm)) {
      const line = text.slice(0, block.index).split('\n').length + 1
      found.push({ page, line, code: block[1]! })
    }
  }
  return found
}

/** What the compiler says of them, line by line. */
async function complaints(folder: string, of: readonly Snippet[]): Promise<string[]> {
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      include: ['*.ts', join(root, 'src/**/*.d.ts')],
      exclude: [],
    }),
  )
  for (const { page, line, code } of of) {
    const around = AROUND.find(([piece]) => code.includes(piece))?.[1] ?? ''
    const file = `${page.replaceAll(/\W+/g, '-')}-${line}.ts`
    // on one line: the first of the block is then the second of the file
    await writeFile(join(folder, file), `${around.replaceAll(/\s*\n\s*/g, '; ')}; export {}\n${code}`)
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const output = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
  return output.split('\n').filter((line) => line !== '')
}

describe('the TypeScript of the pages', () => {
  let folder: string
  beforeAll(async () => {
    await mkdir(join(root, '.cache'), { recursive: true })
    folder = await mkdtemp(join(root, '.cache/snippets-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('compiles, and one block that should not is seen', async () => {
    const all = await snippets()
    expect(all.map(({ page }) => page)).toEqual(expect.arrayContaining(['README.md', 'docs/migrations.md']))
    for (const [piece] of AROUND) expect(all.filter(({ code }) => code.includes(piece))).toHaveLength(1)
    const code = "import { createFreehold } from 'freehold'\nawait createFreehold({})\n"
    const said = await complaints(folder, [...all, { page: 'wrong.md', line: 1, code }])
    expect(said.filter((line) => !/^ |wrong-md-1/.test(line))).toEqual([])
    expect(said.some((line) => line.includes('wrong-md-1.ts(3,'))).toBe(true)
  }, 120_000)
})
