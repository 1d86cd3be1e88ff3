// Requests as a table: each names a tenant in its ways, and the resolver answers one, none or a refusal.

import { expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import type { ErrorCode } from '../../src/core/kernel/errors.ts'
import { createResolver, type RequestView, type ResolverOptions } from '../../src/core/tenancy/resolver.ts'
import { refused } from '../setup/refusal.ts'
import { install } from './installation.ts'

export interface Case {
  readonly what: string
  readonly url: string
  readonly headers?: Record<string, string>
  readonly options?: ResolverOptions
  /** Slug of the credential's tenant. */
  readonly credential?: 'acme' | 'globex' | 'closed'
  /** Slug and way, or undefined for no tenant, or the code of the refusal. */
  readonly answer: readonly ['acme' | 'globex', string] | undefined | ErrorCode
  readonly path?: string
}

export const base: ResolverOptions = { baseDomains: ['example.com', 'app.example.com', 'localhost'] }
export const all: ResolverOptions = { ...base, resolve: ['subdomain', 'domain', 'path', 'header', 'credential'] }

/** acme with a domain that is proven, globex with one that is not, and closed, which is suspended. */
export async function installThree() {
  const house = install(memory())
  const acme = await house.tenant({ slug: 'acme' })
  const globex = await house.tenant({ slug: 'globex' })
  const closed = await house.tenant({ slug: 'closed' })
  await house.tenants.suspend(closed.id)
  const domains = house.domains(acme)
  const { id, proof } = await domains.add('Bücher.Example')
  house.dns.set(proof.record, [[proof.value]])
  await domains.verify(id)
  await house.domains(globex).add('globex.test')
  return { house, acme, globex, closed }
}

/** A request as a server hands it on: a Host header, and a URL that says the same. */
export function request(url: string, headers: Record<string, string> = {}): RequestView {
  const { host } = new URL(url)
  return { url, headers: new Headers({ host, ...headers }) }
}

export function itAnswers(cases: readonly Case[], installed: () => Awaited<ReturnType<typeof installThree>>): void {
  it.each(cases)('$what ($url)', async ({ url, headers, options = base, credential, answer, path }) => {
    const tenants = installed()
    const resolver = createResolver(tenants.house.directory, options)
    const resolve = () => resolver.resolve(request(url, headers), credential && tenants[credential].id)
    if (typeof answer === 'string') {
      await refused(resolve, answer)
      return
    }
    const resolution = await resolve()
    expect(resolution && [resolution.tenant.slug, resolution.by]).toEqual(answer)
    if (path) expect(resolution?.path).toBe(path)
  })
}
