// Requests to our own origin. A session whose access token has run out is refreshed once, and where a stronger or a
// fresher proof is asked for, a dialog gets it; then the request is made again.

import { sentence } from './sentences.mjs'

export class Refusal extends Error {
  constructor(problem) {
    super(sentence(problem))
    this.code = problem.code
  }
}

async function send(method, path, json) {
  const body = json === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }
  try {
    return await fetch(path, { method, ...body })
  } catch {
    throw new Refusal({})
  }
}

const bodyOf = (answer) => answer.json().catch(() => ({}))

/** For strangers: the answer's JSON. @throws Refusal */
export async function ask(path, json, method = 'POST') {
  const answer = await send(method, path, json)
  const body = await bodyOf(answer)
  if (!answer.ok) throw new Refusal(body)
  return body
}

export async function refresh() {
  return (await send('POST', '/auth/refresh')).ok
}

/** True: the browser kept the cookies that a sign-in brought. */
export async function isSignedIn() {
  return (await send('GET', '/auth/me')).ok
}

/** What is refused of a session, not of what was asked. */
const OVER = new Set(['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'TOKEN_INVALID', 'SESSION_ENDED'])

/**
 * For who is signed in. `proving`: this is itself the proof that another request wants.
 * @throws Refusal; AbortError when the person closed the dialog
 */
export async function call(method, path, json, { proving = false, renewed = false } = {}) {
  const answer = await send(method, path, json)
  const body = await bodyOf(answer)
  if (answer.ok) return body
  if (body.code === 'STEP_UP_REQUIRED' && !proving) {
    const { proveAgain } = await import('./step-up.mjs')
    await proveAgain(body.level ?? 1)
    return call(method, path, json, { proving: true })
  }
  if (!OVER.has(body.code)) throw new Refusal(body)
  if (!renewed && (await refresh())) return call(method, path, json, { proving, renewed: true })
  location.reload()
  return new Promise(() => {})
}
