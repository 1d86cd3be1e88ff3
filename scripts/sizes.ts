// Prints what each entry point weighs: its file and every chunk it loads, raw and gzipped. `--json` for machines.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { entryPoints, program } from './entries.ts'

interface Size {
  readonly entry: string
  readonly esm: number
  readonly esmGzip: number
  readonly cjs: number
  readonly cjsGzip: number
}

const sizes: Size[] = [...entryPoints, program].map(({ output }) => {
  const esm = weigh(join('dist', `${output}.js`))
  const cjs = weigh(join('dist', `${output}.cjs`))
  return { entry: output, esm: esm.raw, esmGzip: esm.gzip, cjs: cjs.raw, cjsGzip: cjs.gzip }
})

if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(sizes, null, 2)}\n`)
else {
  process.stdout.write('entry point         ESM    gzip     CJS    gzip   (KB, with the chunks it loads)\n')
  for (const { entry, esm, esmGzip, cjs, cjsGzip } of sizes)
    process.stdout.write(`${entry.padEnd(16)}${[esm, esmGzip, cjs, cjsGzip].map(kilobytes).join('')}\n`)
}

/** A file and all that it imports or requires from dist; what loads on demand is left out. */
function weigh(entry: string): { raw: number; gzip: number } {
  const files = new Map<string, Buffer>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    const content = readFileSync(path)
    files.set(path, content)
    const loads = /(?:from|import|= require\()\s*["'](\.\/[^"']+)["']/g
    for (const match of content.toString('utf8').matchAll(loads)) visit(join(dirname(path), match[1]!))
  }
  visit(entry)
  const whole = Buffer.concat([...files.values()])
  return { raw: whole.length, gzip: gzipSync(whole).length }
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1).padStart(8)
}
