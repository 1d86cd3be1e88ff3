// docs/security.md claims nothing that no test shows: each test that it names exists, under that title in that file, and
// what it lists (requirements of ASVS, attack cases) is listed whole and once.

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rules } from '../architecture/rules.ts'
import { byFile, citedIn, titlesIn } from './citations.ts'

const page = readFileSync('docs/security.md', 'utf8')

/** Requirements in each section of ASVS 5.0. */
const REQUIREMENTS: { readonly [section: string]: number } = {
  '6.1': 3,
  '6.2': 12,
  '6.3': 8,
  '6.4': 6,
  '6.5': 8,
  '6.6': 4,
  '6.7': 2,
  '6.8': 4,
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 3,
  '7.6': 2,
  '9.1': 3,
  '9.2': 4,
}

/** Attack cases of each class. */
const CASES: { readonly [group: string]: number } = {
  R: 17,
  S: 9,
  M: 11,
  W: 7,
  J: 6,
  K: 4,
  O: 19,
  A: 14,
  U: 6,
  T: 6,
  X: 3,
}

interface Row {
  readonly key: string
  readonly cells: readonly string[]
}

/** Rows of the tables whose first cell looks like this. */
const rowsOf = (key: RegExp): Row[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter(([first]) => key.test(first!))
    .map((cells) => ({ key: cells[0]!, cells }))

const requirements = rowsOf(/^\d\.\d\.\d+$/)
const cases = rowsOf(/^[A-Z]\d\d$/)

/** Tests that are made of a list, under the names in it. */
const RULES = 'architecture/rules'

const counted = (counts: { readonly [group: string]: number }, name: (group: string, number: number) => string) =>
  Object.entries(counts).flatMap(([group, count]) => Array.from({ length: count }, (_, i) => name(group, i + 1)))

describe('the tests that the page names', () => {
  it.each([...byFile(page)])('in %s exist', (file, titles) => {
    const there =
      file === RULES ? rules.map(({ name }) => name) : titlesIn(readFileSync(`test/${file}.test.ts`, 'utf8'))
    expect(titles.filter((title) => !there.includes(title))).toEqual([])
  })

  it('are found in every form, and no other text is taken for one', () => {
    expect(titlesIn("  it('a', () => {})\n  ])('b: %s', (x) => {})\ndescribe(\"c's\", () => {")).toEqual([
      'a',
      'b: %s',
      "c's",
    ])
    expect(titlesIn("it('it\\'s', async () => {})\nexpect(title).toBe('d')")).toEqual(["it's"])
  })
})

describe('the requirements of ASVS 5.0, V6, V7 and V9', () => {
  it('are all there, once', () => {
    expect(requirements.map(({ key }) => key)).toEqual(
      counted(REQUIREMENTS, (section, number) => `${section}.${number}`),
    )
  })

  it('are counted as they are', () => {
    const count = (state: string) => requirements.filter(({ cells }) => cells[2] === state).length
    expect(page).toContain(
      `Of ${requirements.length} requirements ${count('met')} are met, ${count('host’s part')} are the host’s part, ${count('not yet')} are not yet met.`,
    )
  })

  it.each(requirements)('$key says met, with a test, or host’s part, or not yet', ({ cells }) => {
    expect(cells).toHaveLength(5)
    const [, , state, , tests = ''] = cells
    expect(state).toMatch(/^(met|host’s part|not yet)$/)
    if (state === 'met') expect(citedIn(tests)).not.toEqual([])
    else if (citedIn(tests).length === 0) expect(tests).toBe('none')
  })
})

describe('the attack cases', () => {
  const titles = globSync('test/**/*.test.ts').flatMap((path) => titlesIn(readFileSync(path, 'utf8')))

  it('are all there, once', () => {
    expect(cases.map(({ key }) => key).sort()).toEqual(
      counted(CASES, (group, number) => `${group}${String(number).padStart(2, '0')}`).sort(),
    )
  })

  it.each(cases)('$key has a test that carries its number, or a reason', ({ key, cells: [, , covered = ''] }) => {
    const cited = citedIn(covered)
    if (cited.length > 0) {
      expect(cited.some(({ title }) => carries(title, key))).toBe(true)
      return
    }
    expect(covered).not.toBe('')
    expect(
      titles.filter((title) => carries(title, key)),
      `${key} has a test; move it`,
    ).toEqual([])
  })
})

/** `M01`, and `R05` in `R03 to R13`. */
function carries(title: string, key: string): boolean {
  const range = /\b([A-Z])(\d\d) to \1(\d\d)\b/.exec(title)
  const number = Number(key.slice(1))
  if (range && range[1] === key[0] && Number(range[2]) <= number && number <= Number(range[3])) return true
  return new RegExp(`\\b${key}\\b`).test(title)
}
