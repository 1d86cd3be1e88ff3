// What authentication costs beside its waiting for a database: sealing a field, and what others notice of a crowd that
// signs in.

import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { postgres } from 'freehold/postgres'
import { assess } from '../../src/core/authentication/risk/assess.ts'
import type { RiskInputs } from '../../src/core/authentication/risk/inputs.ts'
import { defaultRiskSettings } from '../../src/core/authentication/risk/settings.ts'
import { createEnvelope } from '../../src/core/kernel/envelope.ts'
import { createKeyring } from '../../src/core/kernel/keyring.ts'
import { systemRuntime } from '../../src/core/kernel/runtime.ts'
import { checksInACrowd } from '../crowd.ts'
import type { Area } from '../main.ts'
import { type Effort, measure, median } from '../measure.ts'
import { compare, type Result } from '../report.ts'
import { instance, migrate, warmPool } from '../seed.ts'
import { openDatabase } from '../server.ts'
import { signInTrips } from '../sign-in-trips.ts'

const AREA = 'authentication'
const CONNECTIONS = 20
const VALUE_BYTES = 64
/** Values per second of CPU time that a field may not fall below. */
const SEALED_PER_SECOND = 80_000
/** Microseconds of CPU time that judging a sign-in may take. */
const JUDGED_US = 100

export const authentication: Area = async (effort, say) => {
  say('sealing fields')
  const results = await fieldEncryption(effort)
  say('judging sign-ins')
  results.push(await judging(effort))
  const database = await openDatabase(say)
  try {
    await migrate(database)
    const pool = await warmPool(database.appUrl, CONNECTIONS)
    const freehold = await instance(postgres({ pool }))
    try {
      say('round trips of a sign-in')
      results.push(...(await signInTrips(database, effort)))
      results.push(...(await checksInACrowd(freehold, database, effort, say)))
      return results
    } finally {
      await freehold.close()
      await pool.end()
    }
  } finally {
    await database.close()
  }
}

/** Everything speaks against it: no sign-in costs more. */
async function judging(effort: Effort): Promise<Result> {
  const now = Date.UTC(2026, 5, 16, 3)
  const inputs: RiskInputs = {
    at: now,
    failures: { user: 9, ip: 40, network: 150, tenant: 1500, ipAccounts: 8, networkAccounts: 40 },
    deviceKnown: false,
    place: { country: 'DE', latitude: 52.52, longitude: 13.4, accuracyKm: 20 },
    profile: {
      signIns: 400,
      lastAt: now - 3_600_000,
      lastPlace: { country: 'MX', latitude: 19.43, longitude: -99.13, accuracyKm: 20 },
      countries: { MX: now - 3_600_000 },
      hours: { '9': 200, '10': 200 },
    },
    leakedPassword: true,
    client: { userAgent: `${'x'.repeat(480)} curl/8`, acceptLanguage: null, formMs: 20 },
  }
  const subject = 'a sign-in judged'
  const figures = await measure([{ name: subject, run: () => assess(inputs, defaultRiskSettings) }], 1, effort)
  const us = median(figures.get(subject)!.cpu)
  const row = { area: AREA, name: 'CPU us to judge a sign-in', subject: us.toFixed(1), against: `${JUDGED_US}` }
  return { row: { ...row, ratio: Math.round((us / JUDGED_US) * 1000) / 1000, better: 'lower', goal: 1 } }
}

/** Against the same cipher by hand: one key, no place, no key number. */
async function fieldEncryption(effort: Effort): Promise<Result[]> {
  const envelope = createEnvelope(createKeyring({ current: 'k1', k1: randomBytes(32) }), systemRuntime())
  const place = { tenantId: randomUUID(), table: 'mfa_methods', column: 'secret', row: randomUUID() }
  const value = randomBytes(VALUE_BYTES)
  const sealed = envelope.seal(value, place)
  const key = createSecretKey(randomBytes(32))
  const sealByHand = (): Buffer => {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce)
    return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
  }
  const openByHand = (bytes: Buffer): Buffer => {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
  }
  const byHand = sealByHand()
  const figures = await measure(
    [
      { name: 'a field sealed', run: () => envelope.seal(value, place) },
      { name: 'AES-256-GCM by hand', run: sealByHand },
      { name: 'a field opened', run: () => envelope.open(sealed, place) },
      { name: 'opened by hand', run: () => openByHand(byHand) },
    ],
    1,
    effort,
  )
  const against = (subject: string, rival: string): Result =>
    compare(
      AREA,
      { name: `field, ${VALUE_BYTES} bytes`, subject, against: rival, better: 'higher', goal: 0.5, by: 'cpu' },
      figures,
    )
  const perSecond = 1_000_000 / median(figures.get('a field sealed')!.cpu)
  return [
    {
      row: {
        area: AREA,
        name: 'fields sealed in a second of CPU',
        subject: `${Math.round(perSecond)}`,
        against: `${SEALED_PER_SECOND}`,
        ratio: Math.round((perSecond / SEALED_PER_SECOND) * 1000) / 1000,
        better: 'higher',
        goal: 1,
      },
    },
    against('a field sealed', 'AES-256-GCM by hand'),
    against('a field opened', 'opened by hand'),
  ]
}
