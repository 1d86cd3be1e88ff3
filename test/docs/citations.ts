// Tests as pages cite them, and the titles that test files have.

export interface Citation {
  /** Below test/, without .test.ts. */
  readonly file: string
  readonly title: string
}

/** As `sessions/races` “a title”. */
const CITED = /`([a-z\d/-]+)` “([^”]+)”/g

export function citedIn(text: string): Citation[] {
  return [...text.matchAll(CITED)].map(([, file, title]) => ({ file: file!, title: title! }))
}

/** Of a test or a group of them: the first text of `it(`, of `describe(`, and of the last part of `.each([...])(`. */
const TITLE = /(?:\b(?:it|describe|test|law)|^ *\]|\))\(\s*(['"`])((?:\\.|(?!\1)[^\\\n])+)\1,/gm

export function titlesIn(text: string): string[] {
  return [...text.matchAll(TITLE)].map(([, , title]) => title!.replaceAll(/\\(.)/g, '$1'))
}

/** By file: the titles that a page cites of it. */
export function byFile(page: string): Map<string, string[]> {
  const files = new Map<string, string[]>()
  for (const { file, title } of citedIn(page)) files.set(file, [...(files.get(file) ?? []), title])
  return files
}
