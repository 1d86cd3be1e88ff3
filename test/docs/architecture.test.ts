// The page that says how the code is laid out names what is there.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bundledFunctions } from '../../src/migrations/functions.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
const [, house = ''] = /```\n(src\/\n[^`]+)```/.exec(page) ?? []
const folders = (path: string) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

it.each(['src/core', 'src/adapters'])('docs/architecture.md names every folder of %s', (path) => {
  const words = new Set(house.split(/[\s,:/]+/))
  expect(folders(path).filter((name) => !words.has(name))).toEqual([])
})

it('and every function in the database, by their number too', () => {
  const functions = [...bundledFunctions().keys()]
  const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
  expect(page.replaceAll(/\s+/g, ' ')).toContain(`and ${words[functions.length]} functions:`)
  expect(functions.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})
