// The 49 rules of Row-Level Security that Freehold keeps: each is proven by a test beside this one that carries its
// number, or by one elsewhere that is named here.

import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const RULES: { readonly [number: string]: string } = {
  '01': 'ENABLE and FORCE, else the owner sees all',
  '02': 'the app is never superuser or BYPASSRLS',
  '03': 'no tenant entered: no rows',
  '04': 'RLS without a policy: no rows',
  '05': 'both flags on every tenant table',
  '06': 'views ask as their caller',
  '07': 'materialized views have no wall',
  '08': 'SECURITY DEFINER of a superuser goes around the wall, of a forced owner not',
  '09': 'an unset setting is NULL, a left one is empty: nullif',
  '10': 'no tenant on the session of a pool',
  '11': 'SET LOCAL follows savepoints',
  '12': 'injected SQL can enter another tenant',
  '13': 'WITH CHECK on inserted and moved rows',
  '14': 'permissive policies widen: the wall is RESTRICTIVE',
  '15': 'a unique key without tenant tells what others have',
  '16': 'a foreign key without tenant takes another tenant’s row',
  '17': 'a cascade without tenant crosses tenants',
  '18': 'ON CONFLICT on a global key leaks',
  '19': 'TRUNCATE ignores RLS: never granted',
  '20': 'COPY FROM is refused, COPY TO filtered',
  '21': 'sequences show volume',
  '22': 'cached plans are safe across tenants',
  '23': 'IMMUTABLE policy functions leak through generic plans',
  '24': 'partitions skip their parent’s policy',
  '25': 'leaky functions run after the policy',
  '26': 'operators that are not leakproof miss the index',
  '27': 'the list of leakproof operators',
  '28': 'statistics are hidden, row counts not',
  '29': 'the same login reads others’ query text',
  '30': 'temporary tables outlive a transaction',
  '31': 'session advisory locks outlive a transaction',
  '32': 'row_security = off is an error, not lost rows',
  '33': 'SET ROLE is undone by RESET ROLE: the app logs in as itself',
  '34': 'a member of the owner can take the wall down',
  '35': 'bad roles are found at start-up',
  '36': 'parallel workers see the tenant',
  '37': 'MERGE obeys the policies',
  '38': 'DROP OWNED BY and RESTRICTIVE policies (CVE-2026-116311)',
  '39': 'ON CONFLICT ... WHERE shows hidden rows to a leaky function (CVE-2026-120154)',
  '40': 'a cached plan outlives a change of the role’s rights (CVE-2026-14666)',
  '41': 'FOR UPDATE, RETURNING and DELETE are filtered',
  '42': 'a trigger that changes tenant_id is checked',
  '43': 'NOTIFY has no wall',
  '44': 'what stands before one Sync is one transaction',
  '45': 'COMMIT must answer COMMIT',
  '46': 'a client is released when the server is ready',
  '47': 'schema names are public',
  '48': 'SET LOCAL search_path is safe',
  '49': 'a named statement follows the search_path',
}

interface Elsewhere {
  readonly why: string
  readonly file: string
  /** The title of the test that proves it. */
  readonly test: string
}

/** What is no matter of two tenants in one schema. */
const ELSEWHERE: { readonly [number: string]: Elsewhere } = {
  '35': {
    why: 'Doctor and start-up look at the roles, here at one wrong after the other.',
    file: 'test/doctor/roles.test.ts',
    test: 'is a superuser',
  },
  '39': {
    why: 'The server’s own fault. Doctor and start-up warn below the version that mends it; what our keys compare with is leakproof (26, 27).',
    file: 'test/doctor/database.test.ts',
    test: 'is older than what mends the ways around Row-Level Security: %s',
  },
  '40': {
    why: 'The server’s own fault, as 39. Nothing of ours changes the rights of a login that is connected.',
    file: 'test/doctor/database.test.ts',
    test: 'is older than what mends the ways around Row-Level Security: %s',
  },
  '45': {
    why: 'A matter of what carries a transaction, tried with a server that answers as it should not.',
    file: 'test/postgres/carrier.test.ts',
    test: 'is lost when the server answers COMMIT with ROLLBACK',
  },
}

/** Of a test that runs: `it('...'`, and the last part of `it.each([...])('...'`. */
const TITLE = /(?:\bit|^ *\]|\))\(\s*'([^'\n]+)',/gm

const proven = new Set(
  readdirSync('test/rls')
    .filter((name) => name.endsWith('.test.ts') && name !== 'rules.test.ts')
    .flatMap((name) => [
      ...readFileSync(`test/rls/${name}`, 'utf8').matchAll(/\bit(?:\.each\([^)]*\))?\(\s*['"`]((?:\d\d, )*\d\d):/g),
    ])
    .flatMap(([, numbers]) => numbers!.split(', ')),
)

it('are 49', () => {
  expect(Object.keys(RULES)).toHaveLength(49)
})

it.each(Object.entries(RULES).sort())('%s: %s', (number) => {
  const elsewhere = ELSEWHERE[number]
  if (!elsewhere) {
    expect(proven.has(number), `${number} has no test`).toBe(true)
    return
  }
  expect(proven.has(number), `${number} is proven here; strike it from the list`).toBe(false)
  const titles = [...readFileSync(elsewhere.file, 'utf8').matchAll(TITLE)].map(([, title]) => title)
  expect(titles).toContain(elsewhere.test)
})
