import { describe, expect, it } from 'vitest'
import { createProblemResponse } from '../../src/core/http/problem.ts'
import { FreeholdError } from '../../src/core/kernel/errors.ts'

const problemsTold = () => {
  const told: unknown[] = []
  return { told, problem: createProblemResponse((error) => told.push(error)) }
}

describe('errors as problem documents', () => {
  it('says code, title, status and where to read more', async () => {
    const { problem, told } = problemsTold()
    const response = problem(new FreeholdError('TENANT_UNKNOWN'))
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      type: 'https://freehold.dev/errors#tenant-unknown',
      title: 'No such tenant',
      status: 404,
      code: 'TENANT_UNKNOWN',
    })
    expect(told).toEqual([])
  })

  it.each([
    new Error('password=hunter2 at postgres://owner:secret@db'),
    new TypeError('undefined is not a function'),
    'a string',
    undefined,
    null,
    { code: 'TENANT_UNKNOWN', status: 404 },
  ])('makes INTERNAL of what the catalog does not know, with nothing of it: %s', async (error) => {
    const { problem, told } = problemsTold()
    const response = problem(error)
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(JSON.parse(text)).toEqual({
      type: 'https://freehold.dev/errors#internal',
      title: 'Something went wrong',
      status: 500,
      code: 'INTERNAL',
    })
    expect(told).toEqual([error])
  })

  it('keeps details that are for logs out of the answer', async () => {
    const { problem, told } = problemsTold()
    const error = new FreeholdError('STORAGE_FAILED', { sqlstate: '42P01' }, { cause: new Error('relation "x"') })
    const text = await problem(error).text()
    expect(text).not.toContain('42P01')
    expect(text).not.toContain('relation')
    expect(told).toEqual([error])
  })

  it('tells the wait in whole seconds, never zero', () => {
    const { problem } = problemsTold()
    const wait = (retryAfterMs: number) =>
      problem(new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs })).headers.get('retry-after')
    expect([wait(1), wait(1000), wait(1001), wait(60_000)]).toEqual(['1', '1', '2', '60'])
  })

  it('challenges on 401 (RFC 6750): with an error code only where a token was shown', () => {
    const { problem } = problemsTold()
    const challenge = (error: FreeholdError) => problem(error).headers.get('www-authenticate')
    expect(challenge(new FreeholdError('UNAUTHENTICATED'))).toBe('Bearer')
    expect(challenge(new FreeholdError('BAD_CREDENTIALS'))).toBe('Bearer')
    expect(challenge(new FreeholdError('TOKEN_EXPIRED'))).toBe('Bearer error="invalid_token"')
    expect(challenge(new FreeholdError('CSRF_REFUSED'))).toBeNull()
  })

  it('names the methods a route has', () => {
    const { problem } = problemsTold()
    const response = problem(new FreeholdError('METHOD_NOT_ALLOWED', { allow: ['GET', 'HEAD'] }))
    expect(response.headers.get('allow')).toBe('GET, HEAD')
  })

  it('survives a listener that throws', () => {
    const problem = createProblemResponse(() => {
      throw new Error('the log is full')
    })
    expect(problem(new Error('x')).status).toBe(500)
  })

  it('shares nothing between two answers (A07)', async () => {
    const { problem } = problemsTold()
    const first = problem(new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: 1000 }))
    const second = problem(new FreeholdError('TOO_MANY_ATTEMPTS', { retryAfterMs: 9000 }))
    first.headers.set('set-cookie', 'a=b')
    expect(second.headers.get('set-cookie')).toBeNull()
    expect([await first.json(), await second.json()]).toMatchObject([{ retryAfterMs: 1000 }, { retryAfterMs: 9000 }])
  })
})
