// What nobody should send, and where it may be said all the same.

import { randomUUID } from 'node:crypto'

/** What no id, key, name of a permission, list, time or number is. */
export const WRONG: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  zero: 0,
  'minus one': -1,
  NaN: Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  bigint: 10n,
  symbol: Symbol('s'),
  function: () => 'member',
  empty: '',
  space: ' ',
  asterisk: '*',
  slash: 'a/b',
  colon: 'a:b',
  dots: '../member',
  quote: "x' or '1'='1",
  capital: 'Member',
  'a line break': 'member\n',
  __proto__key: '__proto__',
  constructor: 'constructor',
  prototype: 'prototype',
  toString: 'toString',
  cyrillic: 'm\u0435mber',
  'full width': '\uff4dember',
  'zero width': 'mem\u200bber',
  'right to left': '\u202erebmem',
  NUL: 'mem\0ber',
  'half a pair': 'mem\ud800ber',
  huge: 'x'.repeat(1_000_000),
  'no such id': randomUUID(),
  'empty list': [],
  list: [[]],
  'empty object': {},
  'an id that is none': { id: '__proto__' },
  prototypes: JSON.parse('{"__proto__": {"id": "x"}, "constructor": {}}'),
  'no time': new Date(Number.NaN),
  'a map': new Map([['id', 'x']]),
  'a boxed text': Object('member'),
}

/** Codes that say that a check was missing: the database had to refuse, or something broke. */
export const UNTOLD = [
  'INTERNAL',
  'STORAGE_FAILED',
  'STORAGE_UNAVAILABLE',
  'ROW_REFUSED',
  'DUPLICATE',
  'REFERENCE_MISSING',
]
/** What people write as they like, and what may be left out by writing null. */
export const FREE = /(^|\.)(name|description|reason|metadata|externalId|enabled|startsAt|expiresAt)(\.|$)/

/** What says something there, if only that there is nothing; what is about nobody; and any value of a condition. */
export function isHarmless(call: string, where: string, kind: string): boolean {
  if (/(^|\.)conditions\.context\.mfa$|\.fields\.0$|(resources\.3|on)\.id$/.test(where)) return true
  if (/\.permissions$/.test(where)) return kind === 'null' || kind === 'empty list'
  if (/document\.(principals|actions|resources)\.\d$/.test(where)) return kind === 'asterisk'
  if (/^\d$/.test(where) && kind === 'empty object') return true
  // an object without a place in it
  if (call.startsWith('access.') && /^[12]$/.test(where)) return typeof WRONG[kind] === 'object' && WRONG[kind] !== null
  // a name that nobody has
  if (call.startsWith('customPermissions.')) return kind === 'colon' || kind === 'no such id'
  if (kind !== 'no such id') return false
  return ['assignments.revoke', 'assignments.list', 'teams.list', 'teams.members.remove'].includes(call)
}
