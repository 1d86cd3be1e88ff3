// What travels together in a transaction, seen from where it is sent.

import { expect, it } from 'vitest'
import { BEGIN } from '../../src/adapters/postgres/carrier.ts'
import type { Answer, Statement, Unit } from '../../src/adapters/postgres/link.ts'
import { runUnit } from '../../src/adapters/postgres/unit-of-work.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'

const UNSENDABLE = { text: 'unsendable' }
const FAILING = { text: 'failing' }

/** Runs `work` with a server that answers a moment later, and tells what was sent to it, a line for each round trip. */
async function sent(work: (unit: Unit) => Promise<unknown>): Promise<string[]> {
  const trips: string[] = []
  const exchange = async (statements: readonly Statement[]): Promise<Answer> => {
    if (statements.at(-1)?.text === UNSENDABLE.text) {
      throw new FreeholdError('INPUT_INVALID', { field: 'values', problem: 'it cannot be sent' })
    }
    trips.push(statements.map((statement) => (statement === BEGIN ? 'BEGIN' : statement.text)).join('; '))
    await new Promise((resolve) => setTimeout(resolve, 1))
    if (statements.at(-1)?.text === FAILING.text) throw new Error(FAILING.text)
    return { rows: [], command: statements.at(-1)?.text.toUpperCase() ?? '', count: 0 }
  }
  const enter = (tenantId: string | null) => ({ text: `enter ${tenantId}` })
  await runUnit({ tenantId: 'a', enter, statements: [BEGIN, enter('a')] }, exchange, work)
  return trips
}

const say = (text: string): Statement => ({ text })

it('takes along what waited when it was asked, and no savepoint that was set while it waited for its turn', async () => {
  const trips = await sent((unit) =>
    Promise.all([
      unit.send(say('first')),
      unit.send(say('queued')),
      unit.part((part) => part.send(say('inner'))),
      unit.send(say('beside')),
    ]),
  )
  expect(trips).toEqual([
    'BEGIN; enter a; first',
    'queued',
    'savepoint part_1; inner',
    'release savepoint part_1; beside',
    'commit',
  ])
})

it('enters the tenant of each statement in the order in which they were asked', async () => {
  const trips = await sent((unit) =>
    Promise.all([unit.send(say('one')), unit.as('b').send(say('two')), unit.send(say('three'))]),
  )
  expect(trips).toEqual(['BEGIN; enter a; one', 'enter b; two', 'enter a; three', 'commit'])
})

it('keeps what was to travel with a statement that could not be sent, for the next one or COMMIT', async () => {
  const trips = await sent(async (unit) => {
    unit.ride(say('rider'))
    await expect(unit.send(UNSENDABLE)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })
  expect(trips).toEqual(['BEGIN; enter a; rider; commit'])
  const undone = await sent(async (unit) => {
    unit.ride(say('rider'))
    const part = unit.part(async (inner) => {
      inner.ride(say('lost'))
      void inner.send(UNSENDABLE).catch(() => undefined)
      throw new Error('the part')
    })
    await expect(part).rejects.toThrow('the part')
    await unit.send(say('after'))
  })
  expect(undone).toEqual(['BEGIN; enter a; rider; after', 'commit'])
})

it('lets riders of the whole wait while a part runs, and takes back those of the part', async () => {
  const trips = await sent(async (unit) => {
    const part = unit.part(async (inner) => {
      await inner.send(say('inner'))
      unit.ride(say('of the part, though asked of the whole'))
      await inner.send(FAILING)
    })
    await new Promise((resolve) => setImmediate(resolve))
    unit.ride(say('beside'))
    await expect(part).rejects.toThrow('failing')
  })
  expect(trips).toEqual([
    'BEGIN; enter a; savepoint part_1; inner',
    'of the part, though asked of the whole; failing',
    'rollback to savepoint part_1; release savepoint part_1',
    'beside; commit',
  ])
})

it('is lost when the server answers COMMIT with ROLLBACK', async () => {
  const heard: string[] = []
  const answers = async (statements: readonly Statement[]) => {
    heard.push(...statements.map(({ text }) => text))
    return { rows: [], command: statements.at(-1)?.text === 'commit' ? 'ROLLBACK' : 'SELECT', count: 0 }
  }
  const work = runUnit({ tenantId: null, enter: () => BEGIN, statements: [BEGIN] }, answers, ({ send }) =>
    send({ text: 'select 1' }),
  )
  await expect(work).rejects.toMatchObject({ code: 'TRANSACTION_LOST' })
  expect(heard).toEqual([BEGIN.text, 'select 1', 'commit'])
})
