// Places out of a database in MaxMind's format, through the reader of mmdb-lib.

import { Reader } from 'mmdb-lib'
import { describe, expect, it } from 'vitest'
import { type MaxmindReader, maxmind } from '../../src/adapters/maxmind/index.ts'
import { refused } from '../setup/refusal.ts'
import { mmdb } from './database.ts'

const berlin = {
  city: { names: { de: 'Berlin', en: 'Berlin' } },
  continent: { code: 'EU' },
  country: { iso_code: 'DE', names: { en: 'Germany' } },
  location: { accuracy_radius: 20, latitude: { double: 52.5196 }, longitude: { double: 13.4069 } },
}
const database = mmdb({
  '192.0.2.0/24': berlin,
  '198.51.100.0/25': { country: { iso_code: 'MX' } },
  '198.51.100.128/25': { registered_country: { iso_code: 'US' }, location: { latitude: { double: 1 } } },
  '203.0.113.0/24': {
    country: { iso_code: 'Germany' },
    city: { names: { en: '' } },
    location: { accuracy_radius: { double: -5 }, latitude: { double: 91 }, longitude: { double: Number.NaN } },
  },
  '2001:db8::/32': berlin,
})

describe('a MaxMind database', () => {
  const { locate } = maxmind({ reader: new Reader(database) })
  const place = { country: 'DE', city: 'Berlin', latitude: 52.5196, longitude: 13.4069, accuracyKm: 20 }
  it.each([
    ['192.0.2.7', place],
    ['2001:db8:77::1', place],
    ['198.51.100.7', { country: 'MX' }],
    ['198.51.100.200', { country: 'US' }],
    ['203.0.113.7', undefined],
    ['233.252.0.7', undefined],
    ['::1', undefined],
  ])('%s', (ip, expected) => {
    expect(locate(ip)).toEqual(expected)
  })

  it('a country database has no cities', () => {
    const reader = new Reader(mmdb({ '192.0.2.0/24': { country: { iso_code: 'DE' } } }, 'GeoLite2-Country'))
    expect(maxmind({ reader }).locate('192.0.2.1')).toEqual({ country: 'DE' })
  })

  it('says what is missing', async () => {
    for (const reader of [undefined, {}, 'GeoLite2-City.mmdb']) {
      const { details } = await refused(() => maxmind({ reader: reader as never as MaxmindReader }), 'CONFIG_INVALID')
      expect(details.option).toBe('maxmind.reader')
    }
  })
})
