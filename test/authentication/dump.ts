// A raw dump of a database, and the secrets that must not be in it, in whatever form somebody might have written them.

import { hash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { columnsOf, isTenantTable, type TableName, tenantTables } from '../../src/core/storage/tables.ts'
import type { TestDatabase } from '../setup/database.ts'

export interface Secrets {
  /** A secret that somebody was shown or gave: it is looked for as it is, in hex, base64 and base64url, and so is what it encodes. */
  keep(what: string, secret: string | Uint8Array): void
  /** A code of a few digits: looked for as a word of its own, and as its plain hash, which anybody could make of all codes. */
  keepCode(what: string, code: string): void
  readonly all: readonly Kept[]
}

interface Kept {
  readonly what: string
  readonly forms: readonly string[]
  /** Of a code: as a word. */
  readonly word?: RegExp
}

/** Shorter ones are found by chance. */
const MINIMUM_LENGTH = 8

export function createSecrets(): Secrets {
  const all: Kept[] = []
  return {
    all,
    keep(what, secret) {
      const bytes = [Buffer.from(secret as string), ...(typeof secret === 'string' ? decoded(secret) : [])]
      const forms = new Set(bytes.filter(({ length }) => length >= MINIMUM_LENGTH).flatMap(formsOf))
      if (forms.size === 0) throw new Error(`${what} is too short to be looked for`)
      all.push({ what, forms: [...forms] })
    },
    keepCode(what, code) {
      const hashes = ['sha256', 'sha1', 'sha512', 'md5'].map((name) => hash(name, code, 'buffer'))
      // not a part of a time, an id or a longer number
      all.push({ what, forms: hashes.flatMap(formsOf), word: new RegExp(`(?<![\\w.:+-])${code}(?![\\w-])`) })
    },
  }
}

/** The bytes as they stand in a dump: a letter for each. */
function formsOf(bytes: Buffer): string[] {
  const base64 = bytes.toString('base64').replace(/=+$/, '')
  // the last letter holds bits of what follows, when more was encoded together
  return [
    bytes.toString('latin1'),
    bytes.toString('hex'),
    base64.slice(0, -1),
    bytes.toString('base64url').slice(0, -1),
  ]
}

/** What a text may be the encoding of: hex, base64, base64url, base32 (TOTP secrets). */
function decoded(text: string): Buffer[] {
  const found: Buffer[] = []
  if (/^([0-9a-f]{2})+$/i.test(text)) found.push(Buffer.from(text, 'hex'))
  // a token's parts too: `fh_rt_...`, the three of a JWT
  for (const part of text.split(/[.]|^fh_[a-z]+_/)) {
    if (/^[A-Za-z0-9+/_-]{11,}={0,2}$/.test(part)) found.push(Buffer.from(part, 'base64url'))
  }
  if (/^[A-Z2-7]{16,}=*$/.test(text)) found.push(fromBase32(text))
  return found
}

function fromBase32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, '')].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  return Buffer.from((bits.join('').match(/[01]{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** Every row of every table of every schema but PostgreSQL's own, as whoever made the database sees it, past all walls. */
export async function dumpOf({ admin }: Pick<TestDatabase, 'admin'>): Promise<Map<string, string>> {
  const tables = await admin(`select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and not c.relispartition
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`)
  const dump = new Map<string, string>()
  for (const { name } of tables) {
    const rows = await admin(`select to_jsonb(t) as row from ${name} t`)
    dump.set(
      String(name),
      rows
        .map(({ row }) =>
          Object.values(row as object)
            .map(legible)
            .join('\n'),
        )
        .join('\n'),
    )
  }
  return dump
}

/** A value as text, and what a bytea holds beside it: as bytes, and as the hex that a dump shows. */
function legible(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const bytes = /^\\x((?:[0-9a-f]{2})*)$/.exec(text)?.[1]
  return bytes === undefined
    ? Buffer.from(text).toString('latin1')
    : `${bytes}\n${Buffer.from(bytes, 'hex').toString('latin1')}`
}

/** `users: the password of ana`, for each secret that a table holds. */
export function leaksIn(dump: ReadonlyMap<string, string>, { all }: Secrets): string[] {
  const leaks: string[] = []
  for (const [table, text] of dump) {
    const folded = text.toLowerCase()
    for (const { what, forms, word } of all) {
      const held =
        word?.test(text) ||
        forms.some((form) => text.includes(form) || (/^[0-9a-f]+$/.test(form) && folded.includes(form)))
      if (held) leaks.push(`${table}: ${what}`)
    }
  }
  return leaks
}

/** Tables with a column that is secret, without a row: nobody has been there. */
export function unvisited(dump: ReadonlyMap<string, string>): string[] {
  return secretTables().filter((name) => !dump.get(`freehold.${name}`))
}

export function secretTables(): string[] {
  return Object.keys(tenantTables).filter(
    (name) => isTenantTable(name as TableName) && columnsOf(name as TableName).some(([, { secret }]) => secret),
  )
}

/** Of these tables, those that some line of the code puts rows into: a table may be there before its feature. */
export function written(tables: readonly string[]): string[] {
  const code = globSync('src/{core,adapters/{postgres,memory}}/**/*.ts').map((path) => readFileSync(path, 'utf8'))
  return tables.filter((name) => {
    const inserts = new RegExp(`\\b(?:insert|add)\\(\\s*'${name}'|insert into \\$\\{schema\\}\\.${name}\\b`)
    return code.some((text) => inserts.test(text))
  })
}
