// Every tracked file against every rule, and every rule against its planted counter-example.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rules, type SourceFile, zoneOf } from './rules.ts'

const files: readonly SourceFile[] = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
  .split('\0')
  .filter((path) => path && existsSync(path))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }))

describe('the house', () => {
  it('has files to look at', () => {
    expect(files.filter(({ path }) => zoneOf(path) === 'src/core').length).toBeGreaterThan(10)
  })

  for (const rule of rules) {
    it(rule.name, () => {
      const wrong = files
        .filter(({ path }) => rule.applies(path))
        .flatMap((file) => rule.complaints(file).map((complaint) => `${file.path}: ${complaint}`))
      expect(wrong).toEqual([])
    })

    it(`${rule.name}: the rule sees a break`, () => {
      expect(rule.applies(rule.planted.path)).toBe(true)
      expect(rule.complaints(rule.planted)).not.toEqual([])
    })
  }
})

describe('imports', () => {
  const rule = rules[0]!
  const complain = (path: string, text: string) => rule.complaints({ path, text })

  it.each([
    ['core looks into an adapter', 'src/core/a.ts', "import { x } from '../adapters/postgres/index.ts'"],
    ['core names kysely as a type', 'src/core/a.ts', "import type { Kysely } from 'kysely'"],
    ['core loads a package on demand', 'src/core/a/b.ts', "const pg = await import('pg')"],
    ['core re-exports a package', 'src/core/a/b.ts', "export * from 'kysely'"],
    ['a named import over several lines', 'src/core/a/b.ts', "import {\n  a,\n  b,\n} from 'kysely'"],
    ['a sibling adapter', 'src/adapters/hono/a.ts', "import { x } from '../express/index.ts'"],
    ['migrations look into an adapter', 'src/migrations/run.ts', "import { x } from '../adapters/postgres/pool.ts'"],
    ['an example reaches behind the package name', 'examples/hono/main.ts', "import { x } from '../../src/index.ts'"],
    ['the entry point names a package', 'src/index.ts', "export * from 'jose'"],
  ])('refused: %s', (_, path, text) => {
    expect(complain(path, text)).toHaveLength(1)
  })

  it.each([
    ['core within itself', 'src/core/a/b.ts', "import { x } from '../kernel/ids.ts'"],
    ['node in core', 'src/core/a.ts', "import { x } from 'node:crypto'"],
    ['pglite on postgres', 'src/adapters/pglite/a.ts', "import { x } from '../postgres/batch.ts'"],
    ['testing anywhere', 'src/adapters/testing/a.ts', "import { x } from '../memory/index.ts'"],
    ['an example by name', 'examples/hono/main.ts', "import { x } from 'freehold/postgres'"],
    ['an example within itself', 'examples/hono/main.ts', "import { x } from './pages.ts'"],
  ])('allowed: %s', (_, path, text) => {
    expect(complain(path, text)).toEqual([])
  })
})

describe('module state', () => {
  const rule = rules.find(({ name }) => name === 'no module keeps state')!
  const complain = (text: string) => rule.complaints({ path: 'src/core/a.ts', text })

  it.each(['let count = 0', 'export let x: string', 'const seen = new Set<string>()', 'const all: string[] = []'])(
    'refused: %s',
    (text) => expect(complain(text)).toHaveLength(1),
  )

  it.each(['const none: readonly string[] = []', "const words = new Set(['a'])", 'function f() {\n  let x = 0\n}'])(
    'allowed: %s',
    (text) => expect(complain(text)).toEqual([]),
  )
})
