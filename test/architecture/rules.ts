// The rules of the house. Each looks at one file and answers what is wrong with it, and brings an example that
// breaks it, so that a rule which sees nothing is itself found out.

import { dirname, join, normalize } from 'node:path/posix'

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

export interface Rule {
  readonly name: string
  applies(path: string): boolean
  /** One line for each thing that is wrong. */
  complaints(file: SourceFile): string[]
  readonly planted: SourceFile
}

interface Door {
  readonly zones: readonly string[]
  readonly packages: RegExp
}

/** Zone -> the zones it may look into, and the packages that it may name. Node's own modules are open to all. */
const doors: { readonly [zone: string]: Door } = {
  'src/core': { zones: [], packages: /^(jose|cookie|otplib|@simplewebauthn\/server(\/helpers)?)$/ },
  'src/migrations': { zones: ['src/core'], packages: /^$/ },
  'src/index.ts': { zones: ['src/core', 'src/adapters/argon2'], packages: /^$/ },
  'src/adapters/postgres': { zones: ['src/core', 'src/migrations'], packages: /^(pg|kysely)$/ },
  'src/adapters/pglite': {
    zones: ['src/core', 'src/migrations', 'src/adapters/postgres'],
    packages: /^(@electric-sql\/pglite|kysely)$/,
  },
  'src/adapters/memory': { zones: ['src/core', 'src/migrations'], packages: /^$/ },
  'src/adapters/argon2': { zones: ['src/core'], packages: /^argon2$/ },
  'src/adapters/node-rs-argon2': { zones: ['src/core'], packages: /^@node-rs\/argon2$/ },
  'src/adapters/legacy-hashes': { zones: ['src/core'], packages: /^@node-rs\/bcrypt$/ },
  'src/adapters/hono': { zones: ['src/core'], packages: /^hono(\/.+)?$/ },
  'src/adapters/express': { zones: ['src/core'], packages: /^express$/ },
  'src/adapters/fastify': { zones: ['src/core'], packages: /^fastify$/ },
  'src/adapters/node': { zones: ['src/core'], packages: /^$/ },
  'src/adapters/stripe': { zones: ['src/core'], packages: /^stripe$/ },
  'src/adapters/maxmind': { zones: ['src/core'], packages: /^$/ },
  'src/adapters/nodemailer': { zones: ['src/core'], packages: /^nodemailer$/ },
  'src/adapters/testing': { zones: ['src'], packages: /./ },
  'src/adapters/cli': { zones: ['src'], packages: /./ },
  examples: { zones: [], packages: /^(?!(\.|src\/)).*$/ },
}

const IMPORT = /\bimport\s*\(?\s*["']([^"']+)["']|^\s*(?:import|export)\s[^;'"]*?\bfrom\s*["']([^"']+)["']/gm
const ROOM = /^(src|test|bench|examples|scripts)\/.*\.(ts|mjs)$/
const core = (path: string): boolean => path.startsWith('src/core/') && path.endsWith('.ts')
const source = (path: string): boolean => path.startsWith('src/') && path.endsWith('.ts') && !path.endsWith('.d.ts')

export const rules: readonly Rule[] = [
  {
    name: 'imports go only where the zone may look',
    applies: (path) => ROOM.test(path) && zoneOf(path) in doors,
    complaints: importComplaints,
    planted: { path: 'src/core/sessions/planted.ts', text: "import { Pool } from 'pg'\n" },
  },
  {
    name: 'core loads no package on demand',
    applies: core,
    complaints: ({ text }) => matches(code(text), /\bimport\s*\(\s*['"](?!\.)[^'"]+/g),
    planted: { path: 'src/core/planted.ts', text: "const jose = await import('jose')\n" },
  },
  {
    name: 'a room has at most 300 lines',
    applies: (path) => ROOM.test(path),
    complaints: ({ text }) => {
      const lines = text.replace(/\n$/, '').split('\n').length
      return lines > 300 ? [`${lines} lines`] : []
    },
    planted: { path: 'src/core/planted.ts', text: 'x\n'.repeat(301) },
  },
  {
    name: 'a room is named for what it knows',
    applies: (path) => ROOM.test(path),
    complaints: ({ path }) =>
      path
        .replace(/\.(test\.)?\w+$/, '')
        .split('/')
        .filter((part) => /^(utils?|helpers?|common|misc|shared|stuff|.*manager)$/.test(part)),
    planted: { path: 'src/core/utils/planted.ts', text: '' },
  },
  {
    name: 'core asks nobody for the time, chance or a screen',
    // the one room in which the machine's own clock is handed in
    applies: (path) => core(path) && path !== 'src/core/kernel/runtime.ts',
    complaints: ({ text }) => matches(code(text), /\bDate\.now\b|\bMath\.random\b|\bconsole\s*\.|\bnew Date\(\s*\)/g),
    planted: { path: 'src/core/planted.ts', text: 'export const at = () => new Date()\n' },
  },
  {
    // a WeakMap keyed by an object of somebody else's is a note on that object, and goes with it
    name: 'no module keeps state',
    applies: source,
    complaints: ({ text }) =>
      matches(
        code(text),
        /^(export )?(let|var) \w+|^(export )?const \w+\b(?!: readonly)[^=\n]*= (new (Map|Set)(<.*>)?\(\)|\[\]|\{\})/gm,
      ),
    planted: { path: 'src/adapters/postgres/planted.ts', text: 'const seen = new Map<string, number>()\n' },
  },
  {
    // storage and its gate only carry the verb; the issuer makes the tokens, and the engine alone may ask it to
    name: 'no session is opened but by the sign-in engine',
    // a session of the migrations is a connection
    applies: (path) => source(path) && !/^src\/(adapters\/testing|migrations)\//.test(path),
    complaints: ({ path, text }) =>
      matches(code(text), OPENS_SESSION).filter((found) => !MAY_OPEN[path]?.some((allowed) => found.includes(allowed))),
    planted: { path: 'src/core/authentication/planted.ts', text: 'await issuer.prepare(context, opening)\n' },
  },
  {
    name: 'types are not set aside',
    applies: source,
    complaints: ({ text }) => matches(text, /\bas any\b|@ts-(ignore|nocheck|expect-error)/g),
    planted: { path: 'src/core/planted.ts', text: 'export const x = (1 as any)\n' },
  },
  {
    name: 'nothing names a machine or a registry',
    applies: (path) => !path.endsWith('.png'),
    complaints: ({ text }) => matches(text, HERE),
    planted: { path: 'docs/planted.md', text: `see ${['', 'work', 'main'].join('/')}\n` },
  },
]

/** Put together, so that this file may name what no file may name. */
const HERE = new RegExp(
  [
    '(?<![\\w.])/(work|root|home)/\\w',
    `(?<![\\w.])/${'tmp'}/\\w`,
    ['registry', '(npmjs', 'yarnpkg)'].join('\\.'),
    `"${'resolved'}": "`,
  ].join('|'),
  'g',
)

/** What makes a session, or a maker of sessions: whatever it is called, the issuer's types must be named to be handed on. */
const OPENS_SESSION =
  /\bopenSession\b|\bissuer\s*\.\s*prepare\b|\bcreateSessionIssuer\b|\bSessionIssuer\b|\binsert\(\s*['"]sessions['"]|insert into [^ ]*sessions\b/g
const VERB = ['openSession']
/** Which of it each file may say. */
const MAY_OPEN: { readonly [path: string]: readonly string[] } = {
  'src/core/authentication/engine.ts': ['SessionIssuer', 'issuer.prepare'],
  'src/core/freehold.ts': ['createSessionIssuer'],
  'src/core/sessions/issue.ts': ['createSessionIssuer', 'SessionIssuer', ...VERB],
  'src/core/storage/verbs.ts': VERB,
  'src/core/storage/steps.ts': VERB,
  'src/core/storage/stepwise.ts': VERB,
  'src/core/tenancy/gate.ts': VERB,
  'src/core/storage/local-notices.ts': VERB,
  'src/adapters/memory/verbs.ts': [...VERB, 'insert('],
  'src/adapters/postgres/link.ts': VERB,
  'src/adapters/postgres/session-verbs.ts': VERB,
  'src/adapters/postgres/steps.ts': VERB,
  'src/adapters/postgres/session-statements.ts': ['insert into'],
}

function importComplaints({ path, text }: SourceFile): string[] {
  const own = zoneOf(path)
  const door = doors[own]!
  const wrong: string[] = []
  for (const match of code(text).matchAll(IMPORT)) {
    const wanted = (match[1] ?? match[2])!
    if (wanted.startsWith('node:')) continue
    if (!wanted.startsWith('.')) {
      if (!door.packages.test(wanted)) wrong.push(`names the package ${wanted}`)
      continue
    }
    const there = normalize(join(dirname(path), wanted))
    const allowed = [own, ...door.zones].some((zone) => there === zone || there.startsWith(`${zone}/`))
    if (!allowed) wrong.push(`looks into ${there}`)
  }
  return wrong
}

/** src/adapters/hono/index.ts -> src/adapters/hono; examples/hono/main.ts -> examples. */
export function zoneOf(path: string): string {
  const parts = path.split('/')
  if (parts[0] !== 'src') return parts[0]!
  return parts.slice(0, parts[1] === 'adapters' ? 3 : 2).join('/')
}

/** Without comments: what a comment says does not run. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[0].trim())
}
