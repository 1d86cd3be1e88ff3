// Addresses in rows and the networks they are in. An IPv4 address in the dress of IPv6 is an IPv4 address, here as in a
// check; what is no address is in no network and out of none.

import type { FilterColumn } from '../../core/access/filter-formula.ts'
import { every, type Sql, type Sure, some, sql, value } from './filter-pieces.ts'
import { columnOf, isAddress, sideOf } from './filter-sides.ts'

const MAPPED = '::ffff:0.0.0.0/96'

export function insideNetworks(column: FilterColumn, networks: readonly string[]): Sure {
  const address = addressOf(column)
  if (!address || networks.length === 0) return false
  const [ipv4, ipv6] = [networks.filter((text) => !text.includes(':')), networks.filter((text) => text.includes(':'))]
  const inside = (given: readonly string[]): Sure =>
    given.length > 0 && sql`${address} <<= any(${value(given, 'inet[]')})`
  return some(inside([...ipv4, ...ipv4.map(mapped)]), every(inside(ipv6), sql`not ${address} <<= inet '${MAPPED}'`))
}

/** Whether there is an address in the row. */
export function isAddressOf(column: FilterColumn): Sure {
  const address = addressOf(column)
  return address !== undefined && sql`${address} is not null`
}

/** Null for what is no address. */
function addressOf(column: FilterColumn): Sql | undefined {
  const of = columnOf(column)
  if (column.type === 'inet') return sql`case when ${isAddress(of)} then ${of} end`
  const { text } = sideOf(column)
  return text && sql`case when ${text} ~ '${IPV4}' or ${text} ~ '${IPV6}' then ${text}::inet end`
}

/** `10.0.0.0/8` in the dress of IPv6. */
function mapped(network: string): string {
  const [address, bits = '32'] = network.split('/')
  return `::ffff:${address}/${Number(bits) + 96}`
}

const PART = '(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
const DOTTED = `(?:${PART}[.]){3}${PART}`
const IPV4 = `^${DOTTED}$`
/** Eight groups, or fewer around one `::`; the last two may be written as IPv4. */
const IPV6 = (() => {
  const group = '[0-9a-fA-F]{1,4}'
  const forms = [
    `(?:${group}:){7}(?:${group}|:)`,
    `(?:${group}:){6}(?:${DOTTED}|:${group}|:)`,
    `(?:${group}:){5}(?::${DOTTED}|(?::${group}){1,2}|:)`,
    `(?:${group}:){4}(?:(?::${group}){0,1}:${DOTTED}|(?::${group}){1,3}|:)`,
    `(?:${group}:){3}(?:(?::${group}){0,2}:${DOTTED}|(?::${group}){1,4}|:)`,
    `(?:${group}:){2}(?:(?::${group}){0,3}:${DOTTED}|(?::${group}){1,5}|:)`,
    `(?:${group}:)(?:(?::${group}){0,4}:${DOTTED}|(?::${group}){1,6}|:)`,
    `:(?:(?::${group}){0,5}:${DOTTED}|(?::${group}){1,7}|:)`,
  ]
  return `^(?:${forms.join('|')})$`
})()
