// The order of the resolver says who answers; it never lets a credential or a host name be overruled.

import { beforeAll, describe } from 'vitest'
import type { ResolverOptions } from '../../src/core/tenancy/resolver.ts'
import { all, base, type Case, installThree, itAnswers } from './resolving.ts'

let three: Awaited<ReturnType<typeof installThree>>
beforeAll(async () => {
  three = await installThree()
})

const cases: readonly Case[] = [
  {
    what: 'the first way wins',
    url: 'http://acme.example.com/t/globex/',
    headers: { 'x-tenant': 'globex' },
    options: all,
    answer: ['acme', 'subdomain'],
  },
  {
    what: 'another order',
    url: 'http://acme.example.com/t/globex/',
    headers: { 'x-tenant': 'acme' },
    options: { ...all, resolve: ['path', 'header', 'credential'] },
    answer: ['globex', 'path'],
  },
  {
    what: 'T01: a credential that agrees',
    url: 'http://acme.example.com/',
    credential: 'acme',
    answer: ['acme', 'subdomain'],
  },
  {
    what: 'T01, R12: a credential of another tenant',
    url: 'http://acme.example.com/',
    credential: 'globex',
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the same, where no credential is asked',
    url: 'http://x/t/acme/',
    credential: 'globex',
    options: { resolve: ['path'] },
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the same, by header',
    url: 'http://x/',
    headers: { 'x-tenant': 'acme' },
    credential: 'globex',
    options: all,
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the same, at a suspended tenant',
    url: 'http://closed.example.com/',
    credential: 'acme',
    answer: 'TENANT_MISMATCH',
  },
  ...(['subdomain', 'path', 'header'] as const).map((by): Case => {
    const url = { subdomain: 'http://acme.example.com/', path: 'http://x/t/acme/', header: 'http://x/' }[by]
    const headers: Record<string, string> = by === 'header' ? { 'x-tenant': 'acme' } : {}
    const options: ResolverOptions = { ...base, resolve: ['credential', by] }
    return {
      what: `T01, R12: the credential asked first, and another tenant's ${by}`,
      ...{ url, headers, options },
      credential: 'globex',
      answer: 'TENANT_MISMATCH',
    }
  }),
  {
    what: "T01, R12: the credential asked first, and another tenant's domain",
    url: 'http://xn--bcher-kva.example/',
    options: { ...base, resolve: ['credential', 'domain'] },
    credential: 'globex',
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the credential asked first, at a suspended tenant',
    url: 'http://closed.example.com/',
    options: { ...base, resolve: ['credential', 'subdomain'] },
    credential: 'acme',
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the header asked first, and the host name of another tenant',
    url: 'http://acme.example.com/',
    headers: { 'x-tenant': 'globex' },
    options: { ...base, resolve: ['header', 'subdomain'] },
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the header asked first, and the domain of another tenant',
    url: 'http://xn--bcher-kva.example/',
    headers: { 'x-tenant': 'globex' },
    options: { ...base, resolve: ['header', 'domain'] },
    credential: 'globex',
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'T01: the path asked first, and the host name of another tenant',
    url: 'http://acme.example.com/t/globex/',
    options: { ...base, resolve: ['path', 'subdomain'] },
    answer: 'TENANT_MISMATCH',
  },
  {
    what: 'the credential asked first, and all agree',
    url: 'http://acme.example.com/t/acme/',
    headers: { 'x-tenant': 'acme' },
    options: { ...base, resolve: ['credential', 'subdomain', 'domain', 'path', 'header'] },
    credential: 'acme',
    answer: ['acme', 'credential'],
  },
  {
    what: 'the credential asked first, and a host name that is no tenant’s',
    url: 'http://v1.api.example.com/',
    options: { ...base, resolve: ['credential', 'subdomain', 'domain'] },
    credential: 'acme',
    answer: ['acme', 'credential'],
  },
  {
    what: 'the credential asked first, and no credential',
    url: 'http://acme.example.com/',
    options: { ...base, resolve: ['credential', 'subdomain'] },
    answer: ['acme', 'subdomain'],
  },
  {
    what: 'a host name that was not declared',
    url: 'http://acme.example.com/',
    options: { ...base, resolve: ['credential'] },
    credential: 'globex',
    answer: ['globex', 'credential'],
  },
  {
    what: 'the credential asked first, and a malformed host name',
    url: 'http://x/',
    headers: { host: 'a@acme.example.com' },
    options: { ...base, resolve: ['credential', 'subdomain'] },
    credential: 'globex',
    answer: 'HOST_INVALID',
  },
  { what: 'credential of a suspended tenant', url: 'http://x/', credential: 'closed', answer: 'TENANT_SUSPENDED' },
]

describe('the order', () => itAnswers(cases, () => three))
