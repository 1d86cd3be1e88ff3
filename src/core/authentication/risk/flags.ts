// The names of the signals, as sessions, events and options have them, and what each weighs unless told otherwise.

export const RISK_FLAGS = [
  'user-velocity',
  'ip-velocity',
  'network-velocity',
  'tenant-velocity',
  'credential-stuffing',
  'leaked-password',
  'new-device',
  'new-country',
  'impossible-travel',
  'unusual-hour',
  'dormant-account',
  'automation',
] as const

export type RiskFlag = (typeof RISK_FLAGS)[number]

export type RiskWeights = { readonly [F in RiskFlag]: number }

/** The score of a signal at its clearest, when nothing else speaks against the sign-in. */
export const defaultWeights: RiskWeights = {
  'user-velocity': 0.4,
  'ip-velocity': 0.4,
  'network-velocity': 0.25,
  'tenant-velocity': 0.2,
  'credential-stuffing': 0.75,
  'leaked-password': 0.5,
  'new-device': 0.3,
  'new-country': 0.4,
  'impossible-travel': 0.7,
  'unusual-hour': 0.2,
  'dormant-account': 0.3,
  automation: 0.35,
}
