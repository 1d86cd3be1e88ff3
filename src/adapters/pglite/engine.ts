// The parts of PGlite that we use, described instead of imported, and how an instance comes to be.

import { FreeholdError } from '../../core/kernel/errors.ts'

export interface PgliteResult {
  readonly rows: unknown[]
  readonly fields: { readonly name: string; readonly dataTypeID: number }[]
  /** The first word of the command tag, and the rows it counts; where the version tells. */
  readonly command?: string | undefined
  readonly rowCount?: number | undefined
  readonly affectedRows?: number | undefined
}

export interface PgliteQueryOptions {
  readonly rowMode?: 'array' | 'object'
  readonly parsers?: { [oid: number]: (text: string) => unknown }
  readonly serializers?: { [oid: number]: (value: never) => string }
}

/** The instance, or a transaction of it. */
export interface PgliteQueries {
  query(text: string, values?: unknown[], options?: PgliteQueryOptions): Promise<PgliteResult>
  exec(text: string): Promise<PgliteResult[]>
}

/** A `PGlite` of @electric-sql/pglite. */
export interface PgliteDatabase extends PgliteQueries {
  transaction<R>(work: (transaction: PgliteQueries) => Promise<R>): Promise<R>
  listen(channel: string, hear: (payload: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
  readonly parsers: { readonly [oid: string]: unknown }
  readonly dataDir?: string | undefined
}

interface PglitePackage {
  readonly PGlite: { create(dataDir?: string): Promise<PgliteDatabase> }
}

/** @throws PACKAGE_MISSING, STORAGE_UNAVAILABLE (the directory cannot be used) */
export async function openDatabase(dataDir: string | undefined): Promise<PgliteDatabase> {
  const { PGlite } = await load()
  try {
    return await PGlite.create(dataDir)
  } catch (cause) {
    throw new FreeholdError('STORAGE_UNAVAILABLE', {}, { cause })
  }
}

/** True when the data outlives the process. */
export function isDurable(dataDir: string | undefined): boolean {
  return dataDir !== undefined && dataDir !== '' && !dataDir.startsWith('memory://')
}

async function load(): Promise<PglitePackage> {
  try {
    return (await import('@electric-sql/pglite')) as PglitePackage
  } catch (cause) {
    const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    const missing = { package: '@electric-sql/pglite', range: '>=0.5 <0.6', hint: 'npm install @electric-sql/pglite' }
    throw new FreeholdError('PACKAGE_MISSING', missing, { cause })
  }
}
