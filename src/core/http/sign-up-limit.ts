// How many users one address may create. Sign-up tells whether an e-mail address is taken (there is no mailbox to
// ask instead), so it is also how many addresses one stranger can try.

import { createHash } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import type { AttemptSettings } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import type { AttemptAnswer, AttemptTake } from '../storage/verbs.ts'
import type { Tenant } from '../tenancy/tenant.ts'

export interface SignUpLimitParts {
  readonly attempts: AttemptSettings
  takeAttempt(tenant: Tenant, attempt: AttemptTake): Promise<AttemptAnswer>
}

/** An office behind one address signs up in a row; somebody who tries addresses out goes on and on. */
const FREE = 20

/** Counts one sign-up per call. @throws TOO_MANY_ATTEMPTS */
export function createSignUpLimit({ attempts, takeAttempt }: SignUpLimitParts) {
  return async (tenant: Tenant, clientAddress: string | undefined): Promise<void> => {
    const answer = await takeAttempt(tenant, {
      pool: 'sign-up',
      subject: createHash('sha256').update(network(clientAddress)).digest(),
      free: FREE,
      baseDelayMs: attempts.baseDelayMs,
      maxDelayMs: attempts.maxDelayMs,
      forgetAfterMs: attempts.forgetAfterMs,
    })
    if (!answer.allowed) throw new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: answer.retryAfterMs })
  }
}

/**
 * What one customer of a provider is given: an IPv4 address, or an IPv6 network of 64 bits. Clients whose address is
 * not known share one count.
 */
export function network(address: string | undefined): string {
  if (address === undefined) return 'unknown'
  const plain = address.split('%')[0]!.toLowerCase()
  if (isIPv4(plain) || !isIPv6(plain)) return plain
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped) return mapped
  const [head = '', tail] = plain.split('::')
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const all = [...left, ...zeros, ...right]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** A dotted tail stands for two groups. */
function groups(text: string): string[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]))
}
