// Recovery codes: 125 random bits each, so that a plain hash of one tells nothing (ASVS 5.0, V6.5.2). Shown once, each good
// for one sign-in, and a new set replaces the old one.

import { createHash } from 'node:crypto'
import type { TenantContext } from '../../context.ts'
import type { RecoveryCodeRow } from '../../storage/authentication-tables.ts'
import { addAll, changeOne, remove, type Step, told } from '../../storage/steps.ts'
import type { TenantUnit } from '../../storage/storage.ts'
import { fromNow, type NewRow } from '../../storage/tables.ts'
import type { FactorVerifier } from '../factor.ts'
import { writeFactorEvent } from './factor-log.ts'

const CODES = 10
const LETTERS = 25
const GROUP = 5
/** Crockford's base32: nothing that is read as something else. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const METHODS = ['recovery'] as const

/** As `7kq3m-0v9tz-...`: five groups of five. */
export function newRecoveryCode(randomBytes: (length: number) => Uint8Array): string {
  const letters = [...randomBytes(LETTERS)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')
  return letters.match(new RegExp(`.{${GROUP}}`, 'g'))!.join('-')
}

/** In the transaction of the unit: the user has these, and no others. */
export async function makeRecoveryCodes(
  context: TenantContext,
  unit: Pick<TenantUnit, 'atOnce'>,
  userId: string,
  details = {},
): Promise<readonly string[]> {
  const { codes, steps } = await recoveryCodes(context, userId, details)
  await unit.atOnce(steps)
  return codes
}

/** The same, once its steps are done. */
export async function recoveryCodes(context: TenantContext, userId: string, details = {}) {
  const { newId, randomBytes } = context.runtime
  const codes = Array.from({ length: CODES }, () => newRecoveryCode(randomBytes))
  const rows = codes.map((code) => recoveryCodeRow(newId(), userId, code))
  const steps: Step[] = [remove('recovery_codes', { user_id: userId }), addAll('recovery_codes', rows)]
  await writeFactorEvent({ ...context, scope: told(steps) }, 'mfa.recovery_codes_renewed', userId, undefined, details)
  return { codes, steps }
}

function recoveryCodeRow(id: string, userId: string, code: string): NewRow<'recovery_codes'> {
  return { id, user_id: userId, code_hash: hashOf(normalised(code)!) }
}

export const recoveryCodeVerifier: FactorVerifier = {
  type: 'recovery_code',
  methods: METHODS,
  assuranceLevel: 2,
  async verify(context, { user }, { code }) {
    const found = code === undefined ? undefined : await findCode(context, user.id, code)
    if (!found) return undefined
    return {
      methods: METHODS,
      assuranceLevel: 2,
      spends: [changeOne('recovery_codes', { id: found.id, used_at: null }, { used_at: fromNow() })],
    }
  },
}

async function findCode({ scope }: TenantContext, userId: string, code: string): Promise<RecoveryCodeRow | undefined> {
  const plain = normalised(code)
  if (plain === undefined) return undefined
  const where = { user_id: userId, code_hash: hashOf(plain), used_at: null }
  const [row] = await scope.records.find('recovery_codes', { where, limit: 1 })
  return row
}

/** As people type it: any case, with or without hyphens, `o` for zero and `l` or `i` for one. */
function normalised(code: string): string | undefined {
  if (code.length > 100) return undefined
  const plain = code.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1')
  return plain.length === LETTERS && [...plain].every((letter) => ALPHABET.includes(letter)) ? plain : undefined
}

function hashOf(plain: string): Uint8Array {
  return createHash('sha256').update(`freehold/1/recovery-code\0${plain}`).digest()
}
