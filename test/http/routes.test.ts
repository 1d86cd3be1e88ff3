import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRouteTable, isPlainPath, type Route } from '../../src/core/http/routes.ts'

const route = (method: 'GET' | 'POST' | 'DELETE', path: string): Route<unknown> => ({
  method,
  path,
  does: '',
  asks: 'nothing',
  answer: () => new Response(`${method} ${path}`),
})
const table = createRouteTable('/auth', [
  route('GET', 'sessions'),
  route('POST', 'sessions/revoke-all'),
  route('DELETE', 'sessions/:id'),
  route('GET', '.well-known/jwks.json'),
])

describe('routes', () => {
  it('are found by method and path', () => {
    const match = table.match('DELETE', '/auth/sessions/42')
    expect(match).toMatchObject({ kind: 'route', params: { id: '42' }, route: { path: 'sessions/:id' } })
    expect(table.match('POST', '/auth/sessions/revoke-all')).toMatchObject({ route: { path: 'sessions/revoke-all' } })
    expect(table.match('HEAD', '/auth/sessions')).toMatchObject({ route: { method: 'GET' } })
    expect(table.match('GET', '/auth/.well-known/jwks.json')).toMatchObject({ kind: 'route' })
  })

  it('tell which methods they have', () => {
    expect(table.match('OPTIONS', '/auth/sessions')).toEqual({ kind: 'options', allow: ['GET', 'HEAD', 'OPTIONS'] })
    expect(() => table.match('PUT', '/auth/sessions')).toThrow(/METHOD_NOT_ALLOWED.*GET.*HEAD.*OPTIONS/)
    expect(() => table.match('GET', '/auth/sessions/revoke-all')).toThrow(/METHOD_NOT_ALLOWED/)
    expect(() => table.match('get', '/auth/sessions')).toThrow(/METHOD_NOT_ALLOWED/)
  })

  it.each([
    '/auth//sessions',
    '//auth/sessions',
    '/auth/sessions/',
    '/auth/sessions%2Frevoke-all',
    '/auth/%73essions',
    '/auth/./sessions',
    '/auth/../auth/sessions',
    '/auth/x/%2e%2e/sessions',
    '/auth/sessions\\revoke-all',
    '/auth/sessions;x=1',
    '/AUTH/sessions',
    '/auth/Sessions',
    '/auth/sessions\u0000',
    '/auth',
    '/auth/',
    '/authsessions',
    '/',
    '',
  ])('have one spelling: %j is none (U05)', (path) => {
    expect(() => table.match('GET', path)).toThrow(/ROUTE_UNKNOWN/)
  })

  it('are found by no other spelling that a URL parser can make (U05)', () => {
    const noise = fc.constantFrom('/', '//', '/./', '/../', '%2f', '%2F', '%2e', '\\', ';', '%00', '%61', '?', 'a')
    fc.assert(
      fc.property(fc.array(noise, { minLength: 1, maxLength: 4 }), fc.nat(14), (parts, at) => {
        const plain = '/auth/sessions'
        const raw = plain.slice(0, at) + parts.join('') + plain.slice(at)
        const { pathname } = new URL(`http://acme.test${raw.startsWith('/') ? '' : '/'}${raw}`)
        // the one normalisation: what the URL parser makes of it either is a plain path or has no route
        try {
          table.match('GET', pathname)
          return isPlainPath(pathname) && (pathname === plain || pathname === '/auth/.well-known/jwks.json')
        } catch {
          return true
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('cover their base path and what is below it', () => {
    expect(['/auth', '/auth/', '/auth/x', '/auth//x'].map((path) => table.covers(path))).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect(['/', '/authx', '/auth2/x', '//auth', '/notes/auth'].some((path) => table.covers(path))).toBe(false)
  })

  it.each(['', '/', 'auth', '/auth/', '/a//b', '/a/../b', '/a b', '/%61'])('refuse to start under %j', (basePath) => {
    expect(() => createRouteTable(basePath, [])).toThrow(/CONFIG_INVALID/)
  })
})
