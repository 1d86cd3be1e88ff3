// Signals of failed attempts: how many of late for the account, the address, its network and the tenant, and how many
// different accounts one place tried (credential stuffing).

import type { RiskFlag } from './flags.ts'
import type { FailureCounts } from './inputs.ts'
import { type Finding, figure, ramp } from './signals.ts'

interface Velocity {
  readonly flag: RiskFlag
  readonly count: keyof FailureCounts
  /** Up to here it is people mistyping. */
  readonly from: number
  /** From here on it is as clear as it gets. */
  readonly to: number
  readonly whose: string
}

const VELOCITIES: readonly Velocity[] = [
  { flag: 'user-velocity', count: 'user', from: 3, to: 10, whose: 'for this account' },
  { flag: 'ip-velocity', count: 'ip', from: 10, to: 50, whose: 'from this address' },
  { flag: 'network-velocity', count: 'network', from: 30, to: 200, whose: "from this address's network" },
  { flag: 'tenant-velocity', count: 'tenant', from: 200, to: 2000, whose: 'in this tenant' },
]

/** An office or a carrier stands behind one address: a few accounts that fail are no attack yet. */
const ACCOUNTS = { ip: { from: 3, to: 10 }, network: { from: 10, to: 50 } } as const

export function failureFindings(failures: FailureCounts): Finding[] {
  const velocities = VELOCITIES.map(({ flag, count, from, to, whose }) => ({
    flag,
    strength: ramp(failures[count], from, to),
    reason: `about ${figure(failures[count])} failed attempts ${whose} of late`,
  }))
  return [...velocities, stuffing(failures)]
}

function stuffing({ ipAccounts, networkAccounts }: FailureCounts): Finding {
  const address = ramp(ipAccounts, ACCOUNTS.ip.from, ACCOUNTS.ip.to)
  const network = ramp(networkAccounts, ACCOUNTS.network.from, ACCOUNTS.network.to)
  const [accounts, place] =
    address >= network ? [ipAccounts, 'this address'] : [networkAccounts, "this address's network"]
  return {
    flag: 'credential-stuffing',
    strength: Math.max(address, network),
    reason: `about ${figure(accounts)} different accounts were tried from ${place} of late, and failed`,
  }
}
