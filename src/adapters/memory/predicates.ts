// What the checks of columns ask. As in SQL, what is null passes.

/** Bytes of JSON. */
const MEMBERS_AT_MOST = 65_536

export function characters(text: string | null, least: number, most: number): boolean {
  return text === null || between([...text].length, least, most)
}

export function between(value: number | null, least: number, most: number): boolean {
  return value === null || (value >= least && value <= most)
}

/** An object of at most 64 KiB. */
export function object(value: unknown): boolean {
  return isObject(value) && fits(value, MEMBERS_AT_MOST)
}

/** A list of at most 64 KiB. */
export function list(value: unknown): boolean {
  return Array.isArray(value) && fits(value, MEMBERS_AT_MOST)
}

/** How many of them are not null. */
export function given(...values: readonly unknown[]): number {
  return values.filter((value) => value !== null).length
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fits(value: unknown, bytes: number): boolean {
  return Buffer.byteLength(JSON.stringify(value)) <= bytes
}
