// npm run bench -- AREA [--json FILE] [--quick]

import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Effort, efforts } from './measure.ts'
import { type Result, reached, table } from './report.ts'

/** Measures one area; tells `say` what it is doing. */
export type Area = (effort: Effort, say: (line: string) => void) => Promise<Result[]>

/** Loaded when wanted: one area needs no peer of another. */
const areas: { readonly [name: string]: () => Promise<Area> } = {
  storage: async () => (await import('./areas/storage.ts')).storage,
  sessions: async () => (await import('./areas/sessions.ts')).sessions,
  audit: async () => (await import('./areas/audit.ts')).audit,
  access: async () => (await import('./areas/access.ts')).access,
  authentication: async () => (await import('./areas/authentication.ts')).authentication,
  billing: async () => (await import('./areas/billing.ts')).billing,
  http: async () => (await import('./areas/http.ts')).http,
  start: async () => (await import('./areas/start.ts')).start,
}
const usage = `usage: npm run bench -- AREA [--json FILE] [--quick]
  AREA     ${Object.keys(areas).join(', ')}, or all
  --json   writes an array of { area, name, subject, against, ratio, better, goal } to FILE
  --quick  few and short rounds: to see that it runs, not to quote
  FREEHOLD_BENCH_DATABASE_URL names a PostgreSQL on which databases and roles may be made; without it one is started.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const wanted = positionals[0] === 'all' ? Object.keys(areas) : positionals
if (wanted.length === 0 || wanted.some((name) => !areas[name])) {
  process.stderr.write(usage)
  process.exit(2)
}

const effort = values.quick ? efforts.quick : efforts.thorough
const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`)
const results: Result[] = []
for (const name of wanted) {
  say(`${name}, ${effort.rounds} rounds of ${effort.sliceMs} ms each`)
  const area = await areas[name]!()
  results.push(...(await area(effort, say)))
}

process.stdout.write(`\nNode ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}\n`)
process.stdout.write(`${table(results)}\n`)
const asked = results.filter(({ row }) => row.goal !== null)
const kept = asked.filter(({ row }) => reached(row))
process.stdout.write(`${kept.length} of ${asked.length} goals reached\n`)
if (values.json)
  writeFileSync(
    values.json,
    `${JSON.stringify(
      results.map(({ row }) => row),
      null,
      2,
    )}\n`,
  )
