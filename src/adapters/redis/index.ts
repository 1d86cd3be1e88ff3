// freehold/redis: rates counted in Redis. One script per call, run by the server as a whole, on the server's clock. Redis
// may lose what it counted: it makes limits fast, and what must happen once stays in PostgreSQL.

import { FreeholdError } from '../../core/kernel/errors.ts'
import type { RateAnswer, RateStore, RateTake } from '../../core/ports/rate-store.ts'

/** The part of a client of the package redis that is used here; connected, and closed, by the host. */
export interface RedisClient {
  eval(script: string, options: { readonly keys: string[]; readonly arguments: string[] }): Promise<unknown>
}

export interface RedisOptions {
  readonly client: RedisClient
  /** Before every key. Default `freehold:`. */
  readonly prefix?: string
  /** After so many milliseconds without an answer the storage counts instead. Default 250. */
  readonly timeoutMs?: number
}

// A bucket is a hash of what it held and when. All keys of a call have one hash tag, so that a cluster keeps them together.
const SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local answers = {}
for i, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[3 * i - 2])
  local window = tonumber(ARGV[3 * i - 1])
  local amount = tonumber(ARGV[3 * i])
  local held = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = limit
  if held[1] then
    tokens = math.min(limit, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * limit / window)
  end
  local left = math.min(limit, tokens - amount)
  local allowed = (not held[1]) or left >= 0
  if allowed then
    redis.call('HSET', key, 'tokens', string.format('%.17g', left), 'at', string.format('%.17g', now))
    redis.call('PEXPIRE', key, math.ceil(window))
    tokens = left
  end
  answers[i] = { allowed and 1 or 0, string.format('%.17g', tokens) }
end
return answers
`

/** @throws CONFIG_INVALID */
export function redis({ client, prefix = 'freehold:', timeoutMs = 250 }: RedisOptions): RateStore {
  if (typeof client?.eval !== 'function') {
    throw new FreeholdError('CONFIG_INVALID', { option: 'client', problem: 'it is no client of the package redis' })
  }
  return {
    async take(tenantId, rates) {
      if (rates.length === 0) return []
      const asked = client.eval(SCRIPT, {
        keys: rates.map(({ name, subject }) => keyOf(prefix, tenantId, name, subject)),
        arguments: rates.flatMap(({ limit, windowMs, amount = 1 }) => [limit, windowMs, amount].map(String)),
      })
      return answersOf(await within(timeoutMs, asked), rates)
    },
  }
}

/** Every part has one spelling and none holds the separator: a tenant's id, a name of ours, hex. */
function keyOf(prefix: string, tenantId: string, name: string, subject: Uint8Array): string {
  return `${prefix}{${tenantId}}:rate:${name}:${Buffer.from(subject).toString('hex')}`
}

function answersOf(answered: unknown, rates: readonly RateTake[]): RateAnswer[] {
  if (!Array.isArray(answered) || answered.length !== rates.length) throw new Error('Redis answered something else')
  return answered.map(([allowed, tokens]: [unknown, unknown]) => ({
    allowed: Number(allowed) === 1,
    tokens: Number(tokens),
  }))
}

function within<V>(timeoutMs: number, asked: Promise<V>): Promise<V> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Redis did not answer in ${timeoutMs} ms`)), timeoutMs)
    asked.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
