// The packages that must be loaded, when they are first needed. Both are the host's; a missing one names itself.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { PgOwnClient, PgPool } from './wire.ts'

export type KyselyPackage = typeof import('kysely')

export interface PgPackage {
  readonly Pool: new (options: object) => PgPool
  readonly Client: new (options: object) => PgOwnClient
}

export interface KyselyLoader {
  /** There once it was loaded. */
  readonly loaded: KyselyPackage | undefined
  /** @throws PACKAGE_MISSING */
  load(): Promise<KyselyPackage>
}

export function createKyselyLoader(): KyselyLoader {
  let loaded: KyselyPackage | undefined
  return {
    get loaded() {
      return loaded
    },
    async load() {
      loaded ??= await import('kysely').catch(missing('kysely', '>=0.29 <0.30'))
      return loaded
    },
  }
}

/** @throws PACKAGE_MISSING */
export async function loadPg(): Promise<PgPackage> {
  const loaded: { default: PgPackage } = await import('pg').catch(missing('pg', '^8.23.0'))
  return loaded.default
}

function missing(name: string, range: string): (cause: unknown) => never {
  return (cause) => {
    const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new FreeholdError('PACKAGE_MISSING', { package: name, range, hint: `npm install ${name}` }, { cause })
  }
}
