// The whole exam, as data.

import type { ExamCase } from '../harness.ts'
import { access } from './access.ts'
import { atOnce } from './at-once.ts'
import { attempts } from './attempts.ts'
import { audit } from './audit.ts'
import { ending } from './ending.ts'
import { entitlements } from './entitlements.ts'
import { fidelity } from './fidelity.ts'
import { inbox } from './inbox.ts'
import { joined } from './joined.ts'
import { limits } from './limits.ts'
import { mirror } from './mirror.ts'
import { notices } from './notices.ts'
import { paging } from './paging.ts'
import { parts } from './parts.ts'
import { principals } from './principals.ts'
import { rates } from './rates.ts'
import { reading } from './reading.ts'
import { refusals } from './refusals.ts'
import { reuse } from './reuse.ts'
import { risk } from './risk.ts'
import { rotation } from './rotation.ts'
import { sessions } from './sessions.ts'
import { signIn } from './sign-in.ts'
import { signInAttempts } from './sign-in-attempts.ts'
import { closing, storage } from './storage.ts'
import { tenants } from './tenants.ts'
import { transactions } from './transactions.ts'
import { tree } from './tree.ts'
import { walls } from './walls.ts'
import { writing } from './writing.ts'

/**
 * Every question that a storage adapter must answer. Run each with a harness of the adapter, one after the other:
 *
 * ```ts
 * for (const { group, name, skip, run } of exam) {
 *   const reason = skip(harness.traits)
 *   test(`${group}: ${name}`, { skip: reason }, () => run(harness))
 * }
 * ```
 */
export const exam: readonly ExamCase[] = [
  ...reading,
  ...paging,
  ...writing,
  ...fidelity,
  ...refusals,
  ...transactions,
  ...parts,
  ...atOnce,
  ...sessions,
  ...rotation,
  ...reuse,
  ...ending,
  ...attempts,
  ...rates,
  ...risk,
  ...signIn,
  ...signInAttempts,
  ...access,
  ...tree,
  ...principals,
  ...limits,
  ...entitlements,
  ...audit,
  ...tenants,
  ...joined,
  ...inbox,
  ...mirror,
  ...notices,
  ...walls,
  ...storage,
  ...closing,
]
