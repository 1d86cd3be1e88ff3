// Moments and durations as conditions write them: ISO 8601, always with a zone, so that no clock's own zone decides.

/**
 * A time as text, in years 0001 to 9999: `2026-11-22T09:00Z`, with seconds and up to six digits of a fraction, with an offset of
 * up to 14:59; or a date, which is its midnight in UTC. No 30 February passes. It is read as JavaScript and as PostgreSQL read
 * a regular expression, and what passes is a timestamp to both.
 */
export const MOMENT_PATTERN = (() => {
  const year = '(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])'
  const leap = '(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)'
  const day =
    `(?:${year}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)` +
    `|02-(?:0[1-9]|1[0-9]|2[0-8]))|${leap}-02-29)`
  const time = '(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?'
  const zone = '(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])'
  return `^${day}(?:T${time}${zone})?$`
})()

const MOMENT = new RegExp(MOMENT_PATTERN)
/** What a Date cannot hold of a fraction is cut off, not rounded. */
const BEYOND_MILLISECONDS = /([.][0-9]{3})[0-9]+/

/** Milliseconds since 1970; undefined for what is no time. */
export function readMoment(text: string): number | undefined {
  if (text.length > 32 || !MOMENT.test(text)) return undefined
  return Date.parse(text.replace(BEYOND_MILLISECONDS, '$1'))
}

const DURATION =
  /^P(?:([0-9]{1,6})W|(?:([0-9]{1,6})D)?(?:T(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?)$/
const LONGEST_MS = 100 * 366 * 86_400_000

/** Milliseconds of an ISO 8601 duration without months and years, which have no fixed length; or milliseconds themselves. */
export function readDuration(duration: unknown): number | undefined {
  const ms = typeof duration === 'string' ? isoDuration(duration) : duration
  return Number.isSafeInteger(ms) && (ms as number) >= 1 && (ms as number) <= LONGEST_MS ? (ms as number) : undefined
}

function isoDuration(text: string): number | undefined {
  const parts = DURATION.exec(text)
  if (!parts) return undefined
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0))
  return ((((weeks! * 7 + days!) * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000
}
