// Every code of the error catalog is explained, with its status, and nothing is explained that does not exist.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { catalog } from '../../src/core/kernel/error-catalog.ts'

const page = readFileSync('docs/errors.md', 'utf8')
const entries = [...page.matchAll(/^### ([A-Z_]+)\n(?:(\d{3})\. )?(.*)$/gm)].map(([, code, status, text]) => ({
  code: code!,
  status: status ? Number(status) : undefined,
  text: text!,
}))

describe('docs/errors.md', () => {
  it('explains every code, once', () => {
    expect(entries.map(({ code }) => code).sort()).toEqual(Object.keys(catalog).sort())
  })

  it('names the status that the catalog has; an error that never leaves over HTTP may leave it out', () => {
    const wrong = entries.filter(({ code, status }) => {
      const entry = catalog[code as keyof typeof catalog]
      return status === undefined ? entry?.exposed !== false : status !== entry?.status
    })
    expect(wrong).toEqual([])
  })

  it('says something of each', () => {
    expect(entries.filter(({ text }) => text.length < 15)).toEqual([])
  })

  it('has one heading per entry: none is left out by its form', () => {
    expect(page.match(/^### /gm)).toHaveLength(entries.length)
  })
})
