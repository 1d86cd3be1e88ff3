// docs/access.md claims nothing that no test shows: its sections are numbered claims and nothing else, each with tests that
// exist under these titles in these files.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { byFile, citedIn, titlesIn } from './citations.ts'

const page = readFileSync('docs/access.md', 'utf8')
const sections = page.split(/^## /m).slice(1)
const numbered = sections.filter((section) => /^\d+\. /.test(section))
const tests = sections.find((section) => section.startsWith('Tests\n'))!

/** Their numbers, in the order in which they stand. */
const claims = numbered.flatMap((section) => [...section.matchAll(/^- \*\*(\d+\.\d+)\*\* /gm)].map(([, id]) => id!))
const rows = [...tests.matchAll(/^\| (\d+\.\d+) \| (.+) \|$/gm)].map(([, id, cited]) => ({ id: id!, cited: cited! }))

describe('the claims of docs/access.md', () => {
  it('are numbered as they stand, in every section', () => {
    const expected = numbered.flatMap((section, i) => {
      const count = section.match(/^- /gm)?.length ?? 0
      return Array.from({ length: count }, (_, j) => `${i + 1}.${j + 1}`)
    })
    expect(numbered.length).toBe(sections.length - 1)
    expect(expected.length).toBeGreaterThan(80)
    expect(claims).toEqual(expected)
  })

  it('are all that is said there', () => {
    const lines = numbered.flatMap((section) => section.split('\n').slice(1))
    // a claim, its next line, a row of a table
    expect(lines.filter((line) => !/^(- | {2}\S|\| |$)/.test(line))).toEqual([])
  })

  it('have a row of tests each, in the same order', () => {
    expect(rows.map(({ id }) => id)).toEqual(claims)
  })

  it.each(rows)('$id has a test', ({ cited }) => {
    expect(citedIn(cited)).not.toEqual([])
    // and the row is made of nothing else
    expect(cited.replaceAll(/`[a-z\d/-]+` “[^”]+”(?:, )?/g, '')).toBe('')
  })

  it.each([...byFile(page)])('are shown in %s by tests that exist', (file, titles) => {
    const there = titlesIn(readFileSync(`test/${file}.test.ts`, 'utf8'))
    expect(titles.filter((title) => !there.includes(title))).toEqual([])
  })
})
