// dist: ESM and CommonJS with declarations for both. Code that entry points share is in chunks, so that nothing is
// there twice. Not minified, so that a stack trace can be read without source maps.

import { existsSync } from 'node:fs'
import { defineConfig } from 'tsup'
import { entryPoints, program } from './scripts/entries.ts'

const javascriptOnly = process.env.FREEHOLD_BUILD === 'javascript'
const sources = [...entryPoints, program]
const missing = sources.filter(({ source }) => !existsSync(source))
if (missing.length > 0) {
  const list = missing.map(({ source }) => source).join(', ')
  if (!javascriptOnly) throw new Error(`entry points without a source: ${list}`)
  process.stderr.write(`entry points without a source: ${list}\n`)
}

export default defineConfig({
  entry: Object.fromEntries(
    sources.filter((entry) => !missing.includes(entry)).map(({ output, source }) => [output, source]),
  ),
  format: ['esm', 'cjs'],
  target: 'node22',
  platform: 'node',
  splitting: true,
  treeshake: false,
  minify: false,
  sourcemap: false,
  clean: true,
  loader: { '.sql': 'text' },
  dts: javascriptOnly
    ? false
    : { entry: Object.fromEntries(entryPoints.map(({ output, source }) => [output, source])) },
})
