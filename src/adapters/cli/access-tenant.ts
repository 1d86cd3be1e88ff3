// The tenant that a command asks: one of a database, or one that a document makes up in memory.

import { randomBytes } from 'node:crypto'
import type { Permissions } from '../../core/access/permissions.ts'
import type { AccessModel } from '../../core/access/tools/model.ts'
import { FreeholdError } from '../../core/kernel/errors.ts'
import { isPlainObject } from '../../core/kernel/input.ts'
import { createFreehold, type Freehold, type TenantHandle } from '../../index.ts'
import { memory } from '../memory/index.ts'
import { postgres } from '../postgres/index.ts'
import { permissionsOf, readDocument, readPermissions } from './access-files.ts'
import { faulty } from './files.ts'
import { keysOf, nobodys } from './keys.ts'
import type { Surroundings } from './screen.ts'
import type { Command } from './usage.ts'

export interface Opened {
  readonly tenant: TenantHandle
  /** In memory, by a document: whoever is added to it is gone with it. */
  readonly isMadeUp: boolean
  /** The moment of checks, in milliseconds; undefined: now. */
  at: number | undefined
  close(): Promise<void>
}

/** What a file of cases says of what can be done. */
export interface Told {
  readonly file: string
  readonly permissions: unknown
}

/** @throws CONFIG_INVALID (nobody says what the code declares), FILE_INVALID, TENANT_UNKNOWN and its like, STORAGE_UNAVAILABLE */
export async function openStored(command: Command, { env, cwd }: Surroundings, told?: Told): Promise<Opened> {
  const permissions =
    command.permissions !== undefined
      ? await readPermissions(cwd, command.permissions)
      : told && permissionsOf(told.permissions, `${told.file}: permissions`)
  if (!permissions) {
    const problem = 'a file with what your code declares is needed; without it roles mean nothing'
    throw new FreeholdError('CONFIG_INVALID', { option: '--permissions', problem })
  }
  const clock: { at: number | undefined } = { at: undefined }
  const freehold = await createFreehold({
    storage: postgres({ url: command.url!, schema: command.schema, listen: false, connections: 2 }),
    keys: keysOf(env),
    passwordHasher: nobodys,
    permissions,
    runtime: { now: () => clock.at ?? Date.now() },
    onWarning: () => undefined,
  })
  try {
    return opened(freehold, await freehold.tenant(command.tenant!), false, clock)
  } catch (error) {
    await freehold.close()
    throw error
  }
}

/** People and accounts that a document or its cases name are made up. @throws FILE_INVALID */
export async function openModel(command: Command, { cwd }: Surroundings, file: string, told?: Told): Promise<Opened> {
  const document = await readDocument(cwd, file)
  const permissions = await permissionsFor(document, command, cwd, file, told)
  const clock: { at: number | undefined } = { at: undefined }
  const freehold = await createFreehold({
    storage: memory(),
    keys: { current: 'k1', k1: randomBytes(32).toString('base64') },
    passwordHasher: nobodys,
    permissions,
    runtime: { now: () => clock.at ?? Date.now() },
    onWarning: () => undefined,
  })
  try {
    const tenant = await freehold.tenants.create({ slug: 'model', name: 'Model' })
    await populate(tenant, document)
    await inFile(file, () => tenant.access.import(document))
    return opened(freehold, tenant, true, clock)
  } catch (error) {
    await freehold.close()
    throw error
  }
}

function opened(
  freehold: Freehold,
  tenant: TenantHandle,
  isMadeUp: boolean,
  clock: { at: number | undefined },
): Opened {
  return {
    tenant,
    isMadeUp,
    get at() {
      return clock.at
    },
    set at(moment) {
      clock.at = moment
    },
    close: () => freehold.close(),
  }
}

async function permissionsFor(
  document: unknown,
  command: Command,
  cwd: string,
  file: string,
  told: Told | undefined,
): Promise<Permissions> {
  if (command.permissions !== undefined) return readPermissions(cwd, command.permissions)
  if (told) return permissionsOf(told.permissions, `${told.file}: permissions`)
  const code = isPlainObject(document) ? (document as Partial<AccessModel>).code : undefined
  if (!code)
    throw faulty(file, 'it does not say what your code declares: `code` of an export does, or --permissions FILE')
  return permissionsOf(code.permissions, `${file}: code.permissions`, code.systemRoles)
}

/** What does something with a document: its faults name the file. @throws FILE_INVALID in place of MODEL_INVALID */
export async function inFile<Answer>(file: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!FreeholdError.is(error) || error.code !== 'MODEL_INVALID') throw error
    const { path, problem } = error.details
    throw faulty(path ? `${file}: ${path}` : file, problem, error)
  }
}

/** Everybody whom a document names. Who is no address and no name is found by the import. */
async function populate(tenant: TenantHandle, document: unknown): Promise<void> {
  for (const { kind, name } of namedIn(document)) {
    if (kind === 'serviceAccount') await tenant.serviceAccounts.create({ name })
    else if (name.includes('@')) await tenant.users.create({ email: name })
  }
}

function namedIn(document: unknown): readonly { readonly kind: string; readonly name: string }[] {
  if (!isPlainObject(document)) return []
  const { members, assignments, policies } = document as Partial<AccessModel>
  const listed = <Item>(list: readonly Item[] | undefined): readonly Item[] => (Array.isArray(list) ? list : [])
  const principals: unknown[] = [
    ...listed(members).map((one) => one?.member),
    ...listed(assignments).map((one) => one?.principal),
    ...listed(policies).flatMap((one) => listed(one?.document?.principals)),
  ]
  const found = new Map<string, { readonly kind: string; readonly name: string }>()
  for (const one of principals) {
    if (!isPlainObject(one)) continue
    for (const kind of ['user', 'serviceAccount'] as const) {
      const name = one[kind]
      if (typeof name === 'string') found.set(`${kind} ${name.toLowerCase()}`, { kind, name })
    }
  }
  return [...found.values()]
}
