// Every entry point of the package, once: what is built, what package.json exports, what the checks load.

export interface EntryPoint {
  /** As an importer writes it behind the package's name: '.', './postgres'. */
  readonly subpath: string
  /** File name in dist, without its ending. */
  readonly output: string
  readonly source: string
}

const adapter = (name: string): EntryPoint => ({
  subpath: `./${name}`,
  output: name,
  source: `src/adapters/${name}/index.ts`,
})

export const entryPoints: readonly EntryPoint[] = [
  { subpath: '.', output: 'index', source: 'src/index.ts' },
  adapter('postgres'),
  adapter('pglite'),
  adapter('memory'),
  adapter('argon2'),
  adapter('node-rs-argon2'),
  adapter('legacy-hashes'),
  adapter('hono'),
  adapter('express'),
  adapter('fastify'),
  adapter('node'),
  adapter('stripe'),
  adapter('redis'),
  adapter('nodemailer'),
  adapter('maxmind'),
  { subpath: './migrations', output: 'migrations', source: 'src/migrations/index.ts' },
  adapter('testing'),
]

/** The program behind `npx freehold`; not an export. */
export const program = { output: 'cli', source: 'src/adapters/cli/main.ts' }
