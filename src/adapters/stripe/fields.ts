// Fields of JSON that came from elsewhere: each is what it should be, or it is not there.

export type Fields = Readonly<Record<string, unknown>>

export function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A whole number that JavaScript holds exactly. */
export function whole(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined
}

/** The id of an object, whether it is expanded or not. */
export function idOf(value: unknown): string | undefined {
  return text(value) ?? text(fields(value)?.id)
}

/** Seconds since 1970, as Stripe counts. */
export function time(value: unknown): Date | null {
  const seconds = whole(value)
  return seconds === undefined || seconds < 0 ? null : new Date(seconds * 1000)
}

/** The elements of a list object; `complete`: there is no further page. */
export function list(value: unknown): { readonly data: readonly unknown[]; readonly complete: boolean } {
  const { data, has_more } = fields(value) ?? {}
  return Array.isArray(data) ? { data, complete: has_more !== true } : { data: [], complete: false }
}

/** The JSON object that these bytes are, in UTF-8; undefined when they are none. */
export function parse(bytes: Uint8Array): Fields | undefined {
  try {
    return fields(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)))
  } catch {
    return undefined
  }
}
