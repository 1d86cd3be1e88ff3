// E-mail addresses: what is one, what is the same one, and that no form slips past the check as a second one.

import { domainToASCII } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEmail, readEmail } from '../../src/core/identity/email.ts'

const norm = (input: unknown) => readEmail(input)?.emailNorm

describe('an e-mail address', () => {
  it.each([
    ['Ana.Garcia+news@ACME.Test', 'Ana.Garcia+news@ACME.Test', 'ana.garcia+news@acme.test'],
    ['  ana@acme.test\n', 'ana@acme.test', 'ana@acme.test'],
    ['ana@münchen.de', 'ana@münchen.de', 'ana@xn--mnchen-3ya.de'],
    ['用户@例子.广告', '用户@例子.广告', '用户@xn--fsqu00a.xn--4rr70v'],
    ['José@acme.test', 'José@acme.test', 'josé@acme.test'],
    ["o'brien!#$%&*/=?^`{|}~_-@a.b.co", "o'brien!#$%&*/=?^`{|}~_-@a.b.co", "o'brien!#$%&*/=?^`{|}~_-@a.b.co"],
    // compatibility forms become what they stand for, in the stored address too: mail goes where the comparison looked
    ['ﬁona@acme.test', 'fiona@acme.test', 'fiona@acme.test'],
    ['ａｎａ@acme．test', 'ana@acme.test', 'ana@acme.test'],
  ])('%s', (given, email, emailNorm) => {
    expect(readEmail(given)).toEqual({ email, emailNorm })
  })

  it.each([
    ['nothing', ''],
    ['no @', 'ana.acme.test'],
    ['two @', 'ana@evil.test@acme.test'],
    ['no local part', '@acme.test'],
    ['no domain', 'ana@'],
    ['one label', 'ana@localhost'],
    ['an IPv4 address', 'ana@127.0.0.1'],
    ['an IPv4 address in full width', 'ana@１２７.0.0.1'],
    ['an IPv4 address in hexadecimal', 'ana@0x7f.1'],
    ['an IPv6 address', 'ana@[::1]'],
    ['a port', 'ana@acme.test:25'],
    ['a percent sign in the domain', 'ana@acme%2etest'],
    ['an underscore in the domain', 'ana@ac_me.test'],
    ['a hyphen at an edge', 'ana@-acme.test'],
    ['a trailing dot', 'ana@acme.test.'],
    ['an empty label', 'ana@acme..test'],
    ['dots at the edges', '.ana@acme.test'],
    ['two dots', 'an..a@acme.test'],
    ['white space inside', 'ana garcia@acme.test'],
    ['a no-break space', 'ana\u00a0x@acme.test'],
    ['a line break, which would start a mail header', 'ana\r\nbcc: bob@acme.test'],
    ['NUL', 'ana\0@acme.test'],
    ['a lone surrogate', 'ana\ud800@acme.test'],
    ['a zero-width space', 'ana\u200b@acme.test'],
    ['a soft hyphen in the domain', 'ana@ac\u00adme.test'],
    ['a bidi override', 'ana\u202e@acme.test'],
    ['a variation selector', 'ana\ufe0f@acme.test'],
    ['a quoted local part', '"ana garcia"@acme.test'],
    ['a comment', 'ana(work)@acme.test'],
    ['angle brackets', '<ana@acme.test>'],
    ['angle brackets in full width', '＜ana@acme.test＞'],
    ['a list', 'ana@acme.test,bob@acme.test'],
    ['a local part over 64 octets', `${'é'.repeat(33)}@acme.test`],
    ['a label over 63 characters', `ana@${'a'.repeat(64)}.test`],
    ['254 octets and one', `${'a'.repeat(64)}@${'a.'.repeat(93)}test`],
    ['megabytes', `${'a'.repeat(5_000_000)}@acme.test`],
  ])('is not: %s', (_, given) => {
    expect(readEmail(given)).toBeUndefined()
    expect(() => parseEmail(given)).toThrow(expect.objectContaining({ code: 'EMAIL_INVALID', details: {} }))
  })

  it('is a text', () => {
    for (const given of [undefined, null, 7, {}, ['ana@acme.test']]) expect(readEmail(given)).toBeUndefined()
  })

  it('A01: an @ in another form is not an @, alone or beside one', () => {
    for (const at of ['\uff20', '\ufe6b']) {
      expect(at.normalize('NFKC')).toBe('@')
      for (const given of [`ana${at}acme.test`, `ana${at}evil.test@acme.test`, `ana@acme.test${at}evil.test`])
        expect(readEmail(given)).toBeUndefined()
    }
  })

  it('does not say what was given when it refuses', () => {
    expect(() => parseEmail('hunter2 is my password')).toThrow(/^EMAIL_INVALID: [^:]*$/)
    expect(() => parseEmail('hunter2')).not.toThrow(/hunter2/)
  })

  it('keeps dots and plus signs: they are different mailboxes at most providers', () => {
    const addresses = ['anagarcia@acme.test', 'ana.garcia@acme.test', 'anagarcia+1@acme.test']
    expect(new Set(addresses.map(norm)).size).toBe(3)
  })
})

const local = fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20})?$/)
const domain = fc
  .stringMatching(/^[a-z0-9]{1,20}(\.[a-z0-9-]{0,5}[a-z0-9]){0,2}\.[a-z]{2,10}$/)
  .filter((d) => !/(^|\.)-|--|-\./.test(d))
/** Letters with compatibility forms, other scripts, invisible and structural characters, all close together. */
const wild = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'a＠﹫@.．。ﬁİßΣς１ａＡ\u00ad\u200b\u0301;<>"\\ \0'),
      fc.string({ unit: 'binary', maxLength: 2 }),
    ),
    {
      maxLength: 30,
    },
  )
  .map((parts) => parts.join(''))

describe('whatever is given', () => {
  it('every plain address is accepted, and case and white space around it make no difference', () => {
    fc.assert(
      fc.property(local, domain, (l, d) => {
        const address = `${l}@${d}`
        expect(norm(address)).toBe(address)
        expect(norm(` ${address.toUpperCase()}\t`)).toBe(address)
      }),
    )
  })

  it('A01: what is accepted has one @ in every form, nothing unseen, and is its own normal form', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.tuple(wild, fc.oneof(domain, wild)), ([l, d]) => {
        const found = readEmail(`a${l}@${d}`)
        if (!found) return
        accepted++
        for (const text of [found.email, found.emailNorm]) {
          expect(text.split('@')).toHaveLength(2)
          expect(text.normalize('NFKC')).toBe(text)
          expect(text).not.toMatch(/[\p{C}\p{Z}<>"(),;:\\]/u)
          expect(readEmail(text)?.emailNorm).toBe(found.emailNorm)
        }
        const [, host = ''] = found.emailNorm.split('@')
        expect(host).toMatch(/^[a-z0-9.-]+$/)
        expect(domainToASCII(found.email.split('@')[1] ?? '')).toBe(host)
      }),
      { numRuns: 2000 },
    )
    // otherwise the property would say nothing
    expect(accepted).toBeGreaterThan(100)
  })
})
