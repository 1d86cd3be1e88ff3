// The passkeys of users: made, named, listed, removed. Each is a factor (a row in `mfa_methods`) and a key (a row in
// `webauthn_credentials`) under one id.

import type { TenantContext } from '../../context.ts'
import type { UserKey } from '../../identity/user.ts'
import { userIdOf } from '../../identity/user.ts'
import { FreeholdError } from '../../kernel/errors.ts'
import type { UserId } from '../../kernel/ids.ts'
import { checkKeys, checkText } from '../../kernel/input.ts'
import { notify, posting } from '../../messages/notices.ts'
import { FACTORS_AT_MOST } from '../../storage/sign-in-verbs.ts'
import type { TenantScope, TenantUnit } from '../../storage/storage.ts'
import type { UserRow } from '../../storage/tenant-tables.ts'
import type { Directory } from '../../tenancy/directory.ts'
import { type EndingOthers, endOthers, endsOthers } from '../other-sessions.ts'
import { demandFresh } from '../step-up-guard.ts'
import { type PasskeyCreationOptions, type PasskeyRegistration, refused } from './ceremony.ts'
import { consumeCeremony } from './challenge.ts'
import { factorsLeft } from './last-factor.ts'
import { type Passkey, type PasskeyKey, passkeyFromRows, passkeyIdOf } from './passkey.ts'
import { creationOptions, readNewKey } from './registration.ts'
import { createRelyingParties } from './relying-party.ts'

export interface PasskeyPage {
  /**
   * Origin of the page that asks, as `https://acme.example.com`: one of the tenant's pages. It decides the domain that the passkey
   * belongs to. Default: the first of `passkeys.origins`, else the tenant's subdomain, else its first custom domain.
   */
  readonly origin?: string
}

export interface NewPasskey extends EndingOthers {
  /** `credential.toJSON()`. */
  readonly response: PasskeyRegistration
  /** 1 to 100 characters. Default `Passkey`. */
  readonly name?: string
}

/**
 * Whoever calls these has made sure that it is the user who asks. In a user's own name (`as`) a change wants a session
 * that was opened lately, and with a second factor where there is one: STEP_UP_REQUIRED.
 */
export interface Passkeys {
  /**
   * What `navigator.credentials.create` wants. Its challenge is good for one registration.
   * @throws USER_UNKNOWN (deleted or disabled, too), STEP_UP_REQUIRED, INPUT_INVALID (`origin` is no page of this tenant)
   */
  registrationOptions(user: UserKey, page?: PasskeyPage): Promise<PasskeyCreationOptions>
  /**
   * Checks what the browser answered and keeps the key: from now on it signs the user in, and is a second factor beside
   * their password. Nothing is kept of what does not check.
   * @throws PASSKEY_REFUSED, PASSKEY_TAKEN (registered before), USER_UNKNOWN, FACTOR_LIMIT, STEP_UP_REQUIRED, INPUT_INVALID
   */
  register(user: UserKey, passkey: NewPasskey): Promise<Passkey>
  /** Oldest first. @throws USER_UNKNOWN */
  list(user: UserKey): Promise<readonly Passkey[]>
  /** @throws PASSKEY_UNKNOWN (another user's, too), STEP_UP_REQUIRED, INPUT_INVALID */
  rename(user: UserKey, passkey: PasskeyKey, name: string): Promise<Passkey>
  /** It signs nobody in from now on; sessions live, unless others are to end. @throws PASSKEY_UNKNOWN (another user's, too), LAST_FACTOR, STEP_UP_REQUIRED, INPUT_INVALID */
  remove(user: UserKey, passkey: PasskeyKey, options?: EndingOthers): Promise<void>
}

const NAME = { maximum: 100 }

export function createPasskeys(context: TenantContext, directory: Pick<Directory, 'find'>): Passkeys {
  const { scope, runtime, actor, auditWriter } = context
  const places = createRelyingParties(context, directory)

  return {
    async registrationOptions(key, page = {}) {
      checkKeys(page, 'page', ['origin'])
      const id = userIdOf(key)
      // before the browser has made a key that would then be taken by nobody
      await demandFresh(context, scope)
      const user = await activeUser(scope, id)
      const { rpId } = await places.choose(page.origin)
      return creationOptions(context, user, rpId)
    },

    async register(key, passkey) {
      const userId = userIdOf(key)
      const asked = endsOthers(passkey, 'passkey', ['response', 'name'])
      const made = await readNewKey(context, places, passkey)
      return posting(context, async (inside) => {
        const unit = inside.scope
        await demandFresh(context, unit)
        const user = await heldUser(unit, userId)
        if (!(await consumeCeremony(context, unit, { ...made.ceremony, user }))) throw refused('challenge')
        const factors = await unit.records.count('mfa_methods', { user_id: userId })
        if (factors >= FACTORS_AT_MOST) throw new FreeholdError('FACTOR_LIMIT', { maximum: FACTORS_AT_MOST })
        const rows = made.rows(runtime.newId(), userId)
        const [method] = await unit.records.insert('mfa_methods', [rows.method])
        const [credential] = await unit.records.insert('webauthn_credentials', [rows.credential], {
          onConflict: 'ignore',
        })
        if (!credential) throw new FreeholdError('PASSKEY_TAKEN')
        const ended = await endOthers(context, unit, userId, asked)
        await auditWriter.append(unit, actor, {
          action: 'passkey.registered',
          targets: targetsOf(credential.id, userId),
          details: { ...made.details, ...ended },
        })
        notify(inside, user, 'passkey-added')
        return passkeyFromRows(method!, credential)
      })
    },

    async list(key) {
      const userId = userIdOf(key)
      const where = { user_id: userId }
      const [methods, credentials] = await Promise.all([
        scope.records.find('mfa_methods', { where: { ...where, type: 'webauthn' }, limit: FACTORS_AT_MOST }),
        scope.records.find('webauthn_credentials', { where, order: [{ by: 'id' }], limit: FACTORS_AT_MOST }),
      ])
      if (credentials.length === 0) await knownUser(scope, userId)
      const byId = new Map(methods.map((method) => [method.id, method]))
      return credentials.flatMap((credential) => {
        const method = byId.get(credential.id)
        return method ? [passkeyFromRows(method, credential)] : []
      })
    },

    async rename(user, passkey, text) {
      const guard = guardOf(user, passkey)
      const name = checkText(text, 'name', NAME)
      return scope.transaction(async (unit) => {
        await demandFresh(context, unit)
        const [renamed] = await unit.records.update('mfa_methods', { ...guard, name: { not: name } }, { name })
        const method = renamed ?? (await unit.records.get('mfa_methods', guard))
        const credential = method && (await unit.records.get('webauthn_credentials', { id: guard.id }))
        if (!method || !credential) throw new FreeholdError('PASSKEY_UNKNOWN')
        if (renamed) {
          await auditWriter.append(unit, actor, {
            action: 'passkey.renamed',
            targets: targetsOf(guard.id, guard.user_id),
          })
        }
        return passkeyFromRows(method, credential)
      })
    },

    async remove(user, passkey, options = {}) {
      const asked = endsOthers(options, 'options')
      const guard = guardOf(user, passkey)
      await posting(context, async (inside) => {
        const unit = inside.scope
        await demandFresh(context, unit)
        // held, so that two factors removed at the same time are looked at one after the other
        const held = await unit.records.lock('users', { id: guard.user_id })
        const method = held && (await unit.records.get('mfa_methods', guard))
        if (!method) throw new FreeholdError('PASSKEY_UNKNOWN')
        const left = await factorsLeft({ ...context, scope: unit }, held, method)
        await unit.records.remove('mfa_methods', guard)
        // codes for the recovery of a factor that is no more would be the only one left
        if (left === 0) await unit.records.remove('recovery_codes', { user_id: guard.user_id })
        await auditWriter.append(unit, actor, {
          action: 'passkey.removed',
          targets: targetsOf(guard.id, guard.user_id),
          details: await endOthers(context, unit, guard.user_id, asked),
        })
        notify(inside, held, 'passkey-removed')
      })
    },
  }
}

/** A passkey is found under its owner only (W04). @throws ID_INVALID */
function guardOf(user: UserKey, passkey: PasskeyKey) {
  return { id: passkeyIdOf(passkey), user_id: userIdOf(user), type: 'webauthn' } as const
}

function targetsOf(id: string, userId: string) {
  return [
    { type: 'passkey', id },
    { type: 'user', id: userId },
  ] as const
}

/** @throws USER_UNKNOWN */
async function knownUser({ records }: Pick<TenantScope, 'records'>, id: UserId): Promise<UserRow> {
  const user = await records.get('users', { id })
  if (!user || user.status === 'deleted') throw new FreeholdError('USER_UNKNOWN')
  return user
}

/** @throws USER_UNKNOWN */
async function activeUser(scope: Pick<TenantScope, 'records'>, id: UserId): Promise<UserRow> {
  const user = await knownUser(scope, id)
  if (user.status !== 'active') throw new FreeholdError('USER_UNKNOWN')
  return user
}

/** @throws USER_UNKNOWN */
async function heldUser({ records }: Pick<TenantUnit, 'records'>, id: UserId): Promise<UserRow> {
  const user = await records.lock('users', { id })
  if (user?.status !== 'active') throw new FreeholdError('USER_UNKNOWN')
  return user
}
