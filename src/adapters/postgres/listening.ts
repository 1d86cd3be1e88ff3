// LISTEN, on a connection of its own: a pooled one would be lent away. When it is lost it is opened again, sooner at
// first and later in growing steps, and whoever listens is told that something may have been missed.

import { FreeholdError } from '../../core/kernel/errors.ts'
import { quoteName } from '../../migrations/target.ts'
import { translate } from './errors.ts'
import type { Ear } from './link.ts'
import type { PgOwnClient } from './wire.ts'

export interface Listening {
  /** @throws STORAGE_UNAVAILABLE when the first connection fails */
  listen(channel: string, ear: Ear): Promise<() => Promise<void>>
  close(): Promise<void>
}

/** Nobody hears anything. */
export const deaf: Listening = {
  listen: async () => async () => undefined,
  close: async () => undefined,
}

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 10_000
/** A connection that is dead without a word is found out by asking. */
const ASK_EVERY_MS = 30_000
const ANSWER_WITHIN_MS = 10_000

export function createListening(open: () => Promise<PgOwnClient>): Listening {
  const ears = new Map<string, Set<Ear>>()
  /** The present connection, or the attempt at one. */
  let line: Promise<PgOwnClient> | undefined
  let redialling: NodeJS.Timeout | undefined
  let missed = false
  let closed = false

  function dial(): Promise<PgOwnClient> {
    clearTimeout(redialling)
    const dialling = connect(open, [...ears.keys()], hear, () => {
      if (line !== dialling) return
      line = undefined
      missed = true
      redial(FIRST_DELAY_MS)
    }).then((client) => {
      if (missed) for (const listeners of ears.values()) for (const ear of listeners) ear.onGap()
      missed = false
      return client
    })
    line = dialling
    return dialling
  }

  function redial(delayMs: number): void {
    if (closed || ears.size === 0) return
    const again = (): void => {
      dial().catch(() => {
        line = undefined
        redial(Math.min(delayMs * 2, LONGEST_DELAY_MS))
      })
    }
    // apart from each other, so that a fleet does not come back as one
    redialling = setTimeout(again, delayMs * (0.5 + Math.random()))
    redialling.unref()
  }

  function hear(channel: string, payload: string): void {
    for (const ear of ears.get(channel) ?? []) ear.onPayload(payload)
  }

  async function hangUp(): Promise<void> {
    clearTimeout(redialling)
    const last = line
    line = undefined
    await last?.then((client) => client.end()).catch(() => undefined)
  }

  async function stop(channel: string, ear: Ear): Promise<void> {
    const listeners = ears.get(channel)
    if (!listeners?.delete(ear) || listeners.size > 0) return
    ears.delete(channel)
    if (ears.size === 0) await hangUp()
    else await line?.then((client) => client.query(`unlisten ${quoteName(channel)}`)).catch(() => undefined)
  }

  return {
    async listen(channel, ear) {
      if (closed) throw new FreeholdError('CLOSED')
      const listeners = ears.get(channel) ?? new Set()
      const known = listeners.size > 0
      ears.set(channel, listeners.add(ear))
      const present = line
      try {
        if (!present) await dial()
        else if (known) await present
        else await (await present).query(`listen ${quoteName(channel)}`)
      } catch (error) {
        if (!present) line = undefined
        listeners.delete(ear)
        if (listeners.size === 0) ears.delete(channel)
        throw translate(error)
      }
      return () => stop(channel, ear)
    },
    async close() {
      closed = true
      ears.clear()
      await hangUp()
    },
  }
}

async function connect(
  open: () => Promise<PgOwnClient>,
  channels: readonly string[],
  hear: (channel: string, payload: string) => void,
  onLost: () => void,
): Promise<PgOwnClient> {
  const client = await open()
  let established = false
  let lost = false
  const lose = (): void => {
    if (lost) return
    lost = true
    clearInterval(asking)
    client.end().catch(() => undefined)
    if (established) onLost()
  }
  const asking = setInterval(() => established && answersInTime(client).catch(lose), ASK_EVERY_MS)
  asking.unref()
  client.on('error', lose)
  client.on('end', lose)
  client.on('notification', ({ channel, payload = '' }) => hear(channel, payload))
  try {
    await client.connect()
    for (const channel of channels) await client.query(`listen ${quoteName(channel)}`)
  } catch (error) {
    lose()
    throw new FreeholdError('STORAGE_UNAVAILABLE', {}, { cause: error })
  }
  established = true
  // an ear alone keeps no process alive
  client.unref?.()
  return client
}

async function answersInTime(client: PgOwnClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the LISTEN connection does not answer')), ANSWER_WITHIN_MS)
    timer.unref()
  })
  await Promise.race([client.query('select 1'), late]).finally(() => clearTimeout(timer))
}
