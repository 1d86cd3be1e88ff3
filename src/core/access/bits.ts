// What one or more roles say of every permission, four bits each, eight permissions in a word. Roles add up: the
// bits of several are their OR, so that neither order nor number of parents matters.

/** Some role allows it without conditions. */
export const ALLOW = 1
/** Some role allows it under conditions. */
export const ALLOW_IF = 2
/** Some role denies it. */
export const DENY = 4
/** Some role denies it under conditions. */
export const DENY_IF = 8

export type Bits = Uint32Array

/** Room for this many permissions, none of them said anything about. */
export function noBits(permissions: number): Bits {
  return new Uint32Array((permissions + 7) >>> 3)
}

export function bitsOf(bits: Bits, permission: number): number {
  return (bits[permission >>> 3]! >>> ((permission & 7) << 2)) & 15
}

export function addBits(bits: Bits, permission: number, code: number): void {
  bits[permission >>> 3]! |= code << ((permission & 7) << 2)
}

export function joinBits(into: Bits, from: Bits): void {
  for (let i = 0; i < into.length; i++) into[i]! |= from[i]!
}

/** Held whatever the resource and the context are: allowed without conditions, and not denied even possibly. */
export function isUnconditional(code: number): boolean {
  return (code & (ALLOW | DENY | DENY_IF)) === ALLOW
}
