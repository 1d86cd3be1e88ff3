// What letters say, where their links lead, and what becomes of one that cannot be sent.

import { describe, expect, it } from 'vitest'
import { memory } from '../../src/adapters/memory/index.ts'
import { codeIn, createMailbox, createPhone, testHasher, testKeys, tokenIn } from '../../src/adapters/testing/index.ts'
import type { MessageFacts, MessageOptions } from '../../src/core/messages/message.ts'
import { createPost, type PostParts } from '../../src/core/messages/post.ts'
import { defaultMails, defaultTexts } from '../../src/core/messages/wording.ts'
import { createFreehold } from '../../src/index.ts'

const tenant = { slug: 'acme', name: 'Acme' }
const messages = { baseUrl: 'https://{slug}.example.test' }
function posting(more: Partial<PostParts> = {}) {
  const [mailbox, phone] = [createMailbox(), createPhone()]
  const told: unknown[] = []
  const post = createPost({ mailer: mailbox, texter: phone, messages, onError: (error) => told.push(error), ...more })
  return { post, mailbox, phone, told }
}

describe('links', () => {
  const link = (options: MessageOptions) => posting({ messages: options }).post.link('password-reset', tenant, 'T')

  it('lead below the configured address, with the token where no server sees it (U06)', () => {
    expect(link(messages)).toBe('https://acme.example.test/reset-password#token=T')
    expect(link({ baseUrl: 'https://example.test/app/' })).toBe('https://example.test/app/reset-password#token=T')
    expect(link({ baseUrl: 'https://example.test/t/{slug}', paths: { 'password-reset': '/new' } })).toBe(
      'https://example.test/t/acme/new#token=T',
    )
    expect(link({ baseUrl: 'http://{slug}.localhost:3000' })).toBe('http://acme.localhost:3000/reset-password#token=T')
  })

  it.each([
    undefined,
    'example.test',
    '//example.test',
    'http://example.test',
    'javascript:alert(1)',
    'https://user@example.test',
    'https://example.test?x=1',
    'https://example.test/#x',
    'https://example.test/../x',
    'https://EXAMPLE.test',
    'https://{host}.example.test',
  ])('are not built on %s: the start fails (A08)', (baseUrl) => {
    expect(() => link(baseUrl === undefined ? {} : { baseUrl })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        details: expect.objectContaining({ option: 'messages.baseUrl' }),
      }),
    )
  })

  it.each([
    [{ ...messages, paths: { 'password-reset': 'https://evil.test' } }, 'messages.paths.password-reset'],
    [{ ...messages, paths: { 'password-reset': '//evil.test' } }, 'messages.paths.password-reset'],
    [{ ...messages, paths: { elsewhere: '/x' } }, 'messages.paths.elsewhere'],
    [{ ...messages, mails: { elsewhere: () => ({}) } }, 'messages.mails.elsewhere'],
    [{ ...messages, texts: { 'sign-in-code': 'text' } }, 'messages.texts.sign-in-code'],
    [{ ...messages, url: 'https://example.test' }, 'messages.url'],
  ])('%j is refused', (options, option) => {
    expect(() => link(options as never)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ option }) }),
    )
  })
})

describe('wording', () => {
  const facts: MessageFacts = {
    tenant: { slug: 'acme', name: 'A <b>&"Co"' },
    link: 'https://example.test/x#token=fh_x',
    expiresInMs: 600_000,
    address: 'new@example.test',
  }

  it.each(Object.entries(defaultMails))(
    'of %s is one subject line, text, and HTML that repeats no markup',
    (kind, write) => {
      const { subject, text, html } = write(kind.endsWith('code') ? { ...facts, code: '123456' } : facts)
      expect(subject).not.toMatch(/[\r\n]/)
      expect(text).not.toContain('undefined')
      expect(text).toContain(facts.tenant.name)
      expect(html).not.toContain('<b>&')
      expect(html).toContain('A &lt;b&gt;&amp;&quot;Co&quot;')
      // nothing is loaded from anywhere: a picture would tell that it was read
      expect(html).not.toMatch(/src=|@import|url\(/)
    },
  )

  it('tells how long', () => {
    const texts = [600_000, 3_600_000, 7_200_000, 86_400_000, 604_800_000, 90_000].map(
      (expiresInMs) => /good for (.*)\./.exec(defaultMails['password-reset']({ ...facts, expiresInMs }).text)?.[1],
    )
    expect(texts).toEqual(['10 minutes', '1 hour', '2 hours', '1 day', '7 days', '2 minutes'])
  })

  it('of text messages is short', () => {
    for (const write of Object.values(defaultTexts)) {
      const text = write({ tenant, code: '123456' })
      expect([text.length < 160, codeIn({ text })]).toEqual([true, '123456'])
    }
  })

  it('can be the host’s own', async () => {
    const { post, mailbox, phone } = posting({
      messages: {
        ...messages,
        mails: { invitation: ({ link }) => ({ subject: 'Komm!', text: `Hier: ${link}` }) },
        texts: { 'sign-in-code': ({ code }) => `Kode ${code}` },
      },
    })
    post.mail('invitation', 'ana@example.test', { tenant, link: 'https://x.test/#token=T' })
    post.text('sign-in-code', '+4930901820', { tenant, code: '123456' })
    expect(await mailbox.last()).toEqual({
      kind: 'invitation',
      to: 'ana@example.test',
      subject: 'Komm!',
      text: 'Hier: https://x.test/#token=T',
    })
    expect(tokenIn(await mailbox.last())).toBe('T')
    expect(await phone.last({ kind: 'sign-in-code' })).toEqual({
      kind: 'sign-in-code',
      to: '+4930901820',
      text: 'Kode 123456',
    })
  })
})

describe('posting', () => {
  it('is over before the letter is sent, and a letter that fails is told to nobody who posted it', async () => {
    const { post, mailbox, told } = posting()
    mailbox.failing = new Error('no route to host')
    post.mail('password-changed', 'ana@example.test', { tenant })
    expect(told).toEqual([])
    await post.settled()
    expect(told).toEqual([mailbox.failing])
    expect(mailbox.all).toEqual([])
  })

  it('survives a mailer that throws at once, and a listener that throws too', async () => {
    const mailer = {
      send(): Promise<void> {
        throw new Error('broken')
      },
    }
    const { post } = posting({
      mailer,
      onError() {
        throw new Error('broken too')
      },
    })
    post.mail('password-changed', 'ana@example.test', { tenant })
    await post.settled()
  })

  it('without mailer or texter is refused before anything is done', () => {
    const post = createPost({ onError: () => undefined })
    expect(() => post.requireMailer()).toThrow(expect.objectContaining({ code: 'MAILER_MISSING' }))
    expect(() => post.requireTexter()).toThrow(expect.objectContaining({ code: 'TEXTER_MISSING' }))
    expect(() => post.link('invitation', tenant, 'T')).toThrow(expect.objectContaining({ code: 'MAILER_MISSING' }))
    post.mail('password-changed', 'ana@example.test', { tenant })
  })

  it.each([
    [{ mailer: {} }, 'mailer'],
    [{ mailer: createMailbox() }, 'messages.baseUrl'],
    [{ texter: 'x' }, 'texter'],
    [{ messages: 1 }, 'messages'],
  ])('a start with %j fails (A08)', async (options, option) => {
    const starting = createFreehold({
      storage: memory(),
      keys: testKeys(),
      passwordHasher: testHasher(),
      ...(options as object),
    })
    await expect(starting).rejects.toMatchObject({ code: 'CONFIG_INVALID', details: { option } })
  })
})
