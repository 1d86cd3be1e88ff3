// Errors as HTTP answers: RFC 9457 problem details. What the catalog does not know becomes INTERNAL, with nothing of
// its cause; each answer is made from its own error and shared with no other request.

import { type AnyFreeholdError, FreeholdError } from '../kernel/errors.ts'

/** Any error -> the answer for it. Never throws. */
export type ProblemResponse = (error: unknown) => Response

/** `onError` is told every error that ends as a 5xx, with its cause. */
export function createProblemResponse(onError: (error: unknown) => void): ProblemResponse {
  return (error) => {
    const known = FreeholdError.is(error) ? error : new FreeholdError('INTERNAL', {}, { cause: error })
    if (known.status >= 500) tell(onError, error)
    return new Response(JSON.stringify(known.toProblem()), { status: known.status, headers: headersFor(known) })
  }
}

/** What no answer of ours goes without: not cached, not sniffed, not framed, nothing loaded. */
export function secureHeaders(headers: Headers): void {
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  headers.set('x-content-type-options', 'nosniff')
  headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  headers.set('referrer-policy', 'no-referrer')
}

function headersFor(error: AnyFreeholdError): Headers {
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  secureHeaders(headers)
  if (error.status === 401) headers.set('www-authenticate', challenge(error))
  if (error.code === 'METHOD_NOT_ALLOWED') headers.set('allow', error.details.allow.join(', '))
  const { retryAfterMs } = error.details as { retryAfterMs?: unknown }
  if (typeof retryAfterMs === 'number') {
    headers.set('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  }
  return headers
}

/** RFC 6750, section 3: no error code when no credential was shown. */
function challenge(error: AnyFreeholdError): string {
  switch (error.code) {
    case 'UNAUTHENTICATED':
    case 'BAD_CREDENTIALS':
      return 'Bearer'
    case 'STEP_UP_REQUIRED':
      return stepUpChallenge(error.details)
    default:
      return 'Bearer error="invalid_token"'
  }
}

/** RFC 9470, section 3. The level goes by the name that its standard gives it: `aal2` (NIST SP 800-63B). */
function stepUpChallenge({ level, maxAgeMs }: { readonly level?: number; readonly maxAgeMs?: number }): string {
  return [
    'Bearer error="insufficient_user_authentication"',
    ...(level === undefined ? [] : [`acr_values="aal${level}"`]),
    ...(maxAgeMs === undefined ? [] : [`max_age="${Math.floor(maxAgeMs / 1000)}"`]),
  ].join(', ')
}

/** A listener that throws must not turn an answer into none. */
function tell(onError: (error: unknown) => void, error: unknown): void {
  try {
    onError(error)
  } catch {
    // nobody is left to tell
  }
}
