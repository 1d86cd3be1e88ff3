// A daily window of time: from nine to five in Mexico City, on weekdays. What the wall clock there shows decides: an
// hour that is skipped in spring has no moments, and one that comes twice in autumn counts both times.

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

/** Of `$timeBetween`. */
export interface TimeWindow {
  /** `09:00`: the first minute. */
  readonly from: string
  /** `17:00`: the first minute that is out of it again; at or before `from`: of the next day. `24:00` is the end of the day. */
  readonly to: string
  /** `America/Mexico_City`. */
  readonly timeZone: string
  /** The days on which it begins. Default: every day. */
  readonly days?: readonly Day[]
}

/** The window in numbers: minutes of the day, and days from 1, Monday, to 7. */
export interface WindowFrame {
  readonly from: number
  readonly to: number
  readonly timeZone: string
  readonly days: readonly number[]
  /** It ends on the day after. */
  readonly overnight: boolean
}

const CLOCK = /^(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)$/

/** Minutes since midnight; undefined for what no clock shows. */
export function readClock(text: unknown): number | undefined {
  const parts = typeof text === 'string' ? CLOCK.exec(text) : null
  if (!parts) return undefined
  return parts[1] === undefined ? 1440 : Number(parts[1]) * 60 + Number(parts[2])
}

/**
 * A name of the IANA database, or UTC. Neither offsets nor abbreviations: `+02:00` means the opposite to some, and `CET` is
 * without summer time to others.
 */
export function isTimeZone(name: unknown): name is string {
  if (
    typeof name !== 'string' ||
    name.length > 64 ||
    !(name === 'UTC' || /^[A-Za-z][\w+-]*(?:\/[\w+-]+)+$/.test(name))
  ) {
    return false
  }
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: name }))
  } catch {
    return false
  }
}

/** Of a checked window. */
export function frameOf({ from, to, timeZone, days = DAYS }: TimeWindow): WindowFrame {
  const [first, end] = [readClock(from)!, readClock(to)!]
  return { from: first, to: end, timeZone, days: days.map((day) => DAYS.indexOf(day) + 1), overnight: end < first }
}

/** Answers whether a moment, in milliseconds since 1970, lies in the window. */
export function compileWindow(window: TimeWindow): (ms: number) => boolean {
  const { from, to, timeZone, days, overnight } = frameOf(window)
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const isOn = new Set(days)

  function isInside(ms: number): boolean {
    const parts = Object.fromEntries(clock.formatToParts(ms).map(({ type, value }) => [type, value]))
    const day = DAYS.indexOf(parts.weekday!.toLowerCase() as Day) + 1
    const minute = Number(parts.hour) * 60 + Number(parts.minute)
    if (!overnight) return minute >= from && minute < to && isOn.has(day)
    return (minute >= from && isOn.has(day)) || (minute < to && isOn.has(day === 1 ? 7 : day - 1))
  }

  // most checks ask about now, and many of them within one second
  let second = Number.NaN
  let answer = false
  return (ms) => {
    const asked = Math.floor(ms / 1000)
    if (asked !== second) {
      answer = isInside(ms)
      second = asked
    }
    return answer
  }
}
