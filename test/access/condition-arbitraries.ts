// Conditions and facts to try: few values and few paths, so that they meet often, and among them what trips a
// comparison.

import fc from 'fast-check'

export const TIMES = ['2026-03-08T08:30:00.000Z', '2026-03-08T09:30:00.500Z', '2026-11-01T06:15:00.000Z']
export const UUIDS = ['01890000-0000-7000-8000-00000000000a', '01890000-0000-7000-8000-00000000000b']
export const scalar = fc.constantFrom<string | number | boolean | null>(
  'a',
  'ab',
  'A',
  'é',
  'a%',
  'a_b',
  '\uff21',
  '\u{1f600}',
  '',
  '10.1.2.3',
  '::ffff:10.1.2.3',
  '2001:db8::7',
  'fe80::1%eth0',
  ...TIMES,
  '2026-03-08',
  '2026-03-08T02:30:00-06:00',
  '2026-02-30T00:00:00Z',
  UUIDS[0]!,
  '01890000-0000-7000-8000-00000000000A',
  1,
  '1',
  2.5,
  1e21,
  -3,
  0,
  true,
  false,
  null,
)
/** As a driver hands them over. */
export const fact = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: fc.constantFrom(...TIMES).map((text) => new Date(text)) },
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, new Date(Number.NaN), 10n),
  fc.array(scalar, { maxLength: 4 }),
  fc.constantFrom<unknown>(['10.0.0.0/8'], ['x', '2001:db8::/32'], '10.1.0.0/16', [['a']], [{}]),
  fc.record({ key: scalar }, { requiredKeys: [] }),
)

export const PATHS = ['principal.id', 'principal.list', 'resource.a', 'resource.b', 'resource.deep.key', 'context.ip']
const path = fc.constantFrom(...PATHS, 'resource.list', 'context.time')
const ref = (paths: fc.Arbitrary<string>) => fc.record({ $ref: paths })

const day = fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')
const clock = fc.constantFrom('00:00', '01:30', '02:30', '03:30', '09:00', '17:00', '23:59')
export const window = fc
  .record(
    {
      from: clock,
      to: fc.oneof(clock, fc.constant('24:00')),
      timeZone: fc.constantFrom(
        'UTC',
        'America/Chicago',
        'America/Mexico_City',
        'Asia/Kathmandu',
        'Australia/Lord_Howe',
      ),
      days: fc.uniqueArray(day, { minLength: 1, maxLength: 7 }),
    },
    { requiredKeys: ['from', 'to', 'timeZone'] },
  )
  .filter(({ from, to }) => from !== to)

export const network = fc.constantFrom('10.0.0.0/8', '10.1.2.3', '0.0.0.0/0', '2001:db8::/32', '::/0', '192.0.2.0/24')
export const duration = fc.constantFrom<string | number>('PT1H', 'P1D', 'P52W', 'PT30M1S', 1000, 86_400_000)

/** One path's questions, where what stands at `paths` may be referred to. */
export function questions(paths: fc.Arbitrary<string>, outside: fc.Arbitrary<string>) {
  const operand = fc.oneof({ weight: 3, arbitrary: scalar }, ref(paths))
  const bound = fc.oneof(
    { weight: 3, arbitrary: scalar.filter((value) => value !== null && typeof value !== 'boolean') },
    ref(paths),
  )
  const part = fc.oneof(fc.constantFrom('a', 'ab', '%', '_', 'é', '\u{1f600}', '10.', '2026-'), ref(paths))
  const list = fc.oneof(fc.array(operand, { minLength: 1, maxLength: 11 }), ref(paths))
  return fc.oneof(
    operand,
    fc.record({ $eq: operand }),
    fc.record({ $ne: operand }),
    fc.record({ $in: list }),
    fc.record({ $nin: list }),
    fc.record({ $lt: bound, $gte: bound }, { requiredKeys: ['$lt'] }),
    fc.record({ $gt: bound, $lte: bound }, { requiredKeys: ['$gt'] }),
    fc.record({ $lte: bound }),
    fc.record({ $gte: bound }),
    fc.record({ $exists: fc.boolean() }),
    fc.record({ $startsWith: part }),
    fc.record({
      $contains: fc.oneof(
        part,
        operand.filter((value) => value !== ''),
      ),
    }),
    fc.record({ $cidr: fc.oneof(network, fc.array(network, { minLength: 1, maxLength: 3 }), ref(outside)) }),
    fc.record({ $timeBetween: window }),
    fc.record({ $withinLast: duration }),
    fc.record({ $not: fc.record({ $gt: bound }) }),
    fc.record({ $not: fc.record({ $not: fc.record({ $in: list, $exists: fc.boolean() }) }) }),
  )
}

/** Whole conditions, a few levels deep. */
export function conditionsOf(paths: fc.Arbitrary<string>, outside: fc.Arbitrary<string>) {
  const flat = fc.dictionary(paths, questions(paths, outside), { minKeys: 1, maxKeys: 3 })
  const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      flat,
      fc.record({ $and: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ $or: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }) }),
      fc.record({ $not: tie('tree') }),
      fc.tuple(flat, fc.record({ $or: fc.array(tie('tree'), { minLength: 1, maxLength: 2 }) })).map(([a, b]) => ({
        ...a,
        ...b,
      })),
    ),
  }))
  return tree
}

export const conditions = conditionsOf(path, fc.constantFrom('principal.id', 'principal.list', 'context.ip'))

const part = (keys: Record<string, fc.Arbitrary<unknown>>) =>
  fc.option(fc.record(keys, { requiredKeys: [] }), { nil: undefined })
export const facts = fc.record({
  principal: part({ id: fact, list: fact }),
  resource: part({
    a: fact,
    b: fact,
    list: fact,
    deep: fc.oneof(fact, fc.record({ key: fact }, { requiredKeys: [] })),
  }),
  context: part({ ip: fact, time: fact }),
  now: fc.constantFrom(...TIMES).map((text) => Date.parse(text)),
})
