// Every relative link of every page leads to a file, and to a heading of it where it names one.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean)

/** As GitHub makes them: lower case, without punctuation, hyphens for spaces. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6} (.+)$/gm)]
  return new Set(
    headings.map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** What is wrong with the links of a page that stands at `path`. */
function broken(path: string, text: string): string[] {
  const links = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : join(dirname(path), file)
    const full = join(root, target)
    if (!existsSync(full)) return true
    if (anchor === undefined) return false
    return statSync(full).isDirectory() || !anchorsOf(readFileSync(full, 'utf8')).has(anchor)
  })
}

describe('links', () => {
  it('there are pages to look at', () => {
    expect(pages).toContain('README.md')
  })

  it.each(pages)('of %s lead somewhere', (path) => {
    expect(broken(path, readFileSync(join(root, path), 'utf8'))).toEqual([])
  })

  it('that lead nowhere are seen', () => {
    expect(
      broken('README.md', '[a](docs/none.md) [b](#none) [c](docs/errors.md#none) [d](docs/errors.md#storage)'),
    ).toEqual(['docs/none.md', '#none', 'docs/errors.md#none'])
  })
})
