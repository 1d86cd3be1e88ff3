// The one error. Every refusal that leaves Freehold is a FreeholdError with a code from the catalog; the code
// decides the HTTP status, the title and the shape of `details`.

import { catalog, type ErrorDetails } from './error-catalog.ts'

export type ErrorCode = keyof ErrorDetails & string

/** Any Freehold error; switching on `code` narrows `details`. */
export type AnyFreeholdError = { [C in ErrorCode]: FreeholdError<C> }[ErrorCode]

/** Codes whose details may be left out. */
type Bare = { [C in ErrorCode]: Record<string, never> extends ErrorDetails[C] ? C : never }[ErrorCode]

// A symbol of the global registry, so that two copies of the package (ESM and CJS) know each other's errors.
const brand = Symbol.for('freehold.error')

/** What goes over HTTP: RFC 9457 problem details. Holds no stack, no SQL, no cause. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail?: string
  readonly [extension: string]: unknown
}

export class FreeholdError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'FreeholdError'
  readonly code: C
  /** What the code says about this case; safe to show to whoever caused it. */
  readonly details: ErrorDetails[C]

  constructor(
    code: C,
    ...rest: C extends Bare
      ? [details?: ErrorDetails[C], options?: ErrorOptions]
      : [details: ErrorDetails[C], options?: ErrorOptions]
  ) {
    const [details, options] = rest
    super(`${code}: ${sentence(code, details)}`, options)
    this.code = code
    this.details = (details ?? {}) as ErrorDetails[C]
    Object.defineProperty(this, brand, { value: true })
  }

  /** HTTP status, as the catalog has it. */
  get status(): number {
    return catalog[this.code].status
  }

  /** Where the code is explained. */
  get docs(): string {
    return `https://freehold.dev/errors#${this.code.toLowerCase().replaceAll('_', '-')}`
  }

  /** RFC 9457 view of the error, for a response with `application/problem+json`. */
  toProblem(): Problem {
    const { status, title, exposed = true } = catalog[this.code]
    return { type: this.docs, title, status, code: this.code, ...(exposed ? (this.details as object) : {}) }
  }

  toJSON(): Problem {
    return this.toProblem()
  }

  /** True for errors of any copy of this package; with a code, narrows to it. */
  static is(error: unknown): error is AnyFreeholdError
  static is<C extends ErrorCode>(error: unknown, code: C): error is FreeholdError<C>
  static is(error: unknown, code?: ErrorCode): boolean {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false
    return code === undefined || (error as { code?: unknown }).code === code
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return FreeholdError.is(value)
  }
}

function sentence(code: ErrorCode, details: unknown): string {
  const { title } = catalog[code]
  const shown = details && Object.keys(details).length > 0 ? ` ${JSON.stringify(details)}` : ''
  return `${title}.${shown}`
}
