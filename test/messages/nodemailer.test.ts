// freehold/nodemailer against an SMTP server on this machine.

import type { AddressInfo } from 'node:net'
import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { nodemailer } from '../../src/adapters/nodemailer/index.ts'
import type { Mail } from '../../src/index.ts'

interface Received {
  readonly from: string | undefined
  readonly to: readonly string[]
  readonly source: string
}

const received: Received[] = []
const server = new SMTPServer({
  disabledCommands: ['AUTH', 'STARTTLS'],
  logger: false,
  onRcptTo({ address }, _, done) {
    done(address.startsWith('refused') ? new Error('no such mailbox') : undefined)
  },
  onData(stream, { envelope }, done) {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      received.push({
        from: envelope.mailFrom ? envelope.mailFrom.address : undefined,
        to: envelope.rcptTo.map(({ address }) => address),
        source: Buffer.concat(chunks).toString(),
      })
      done()
    })
  },
})
let transport: ReturnType<typeof createTransport>
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true })
})
afterAll(async () => {
  transport.close()
  await new Promise<void>((resolve) => server.close(resolve))
})
beforeEach(() => {
  received.length = 0
})

const FROM = { name: 'Acme, the "best"', address: 'no-reply@acme.test' }
const letter = (more: Partial<Mail> = {}): Mail => ({
  to: 'ana@example.test',
  subject: 'Sign in',
  text: 'A link:\n\nhttps://acme.test/sign-in/link#token=abc\n',
  kind: 'sign-in-link',
  ...more,
})
const header = (name: string) => new RegExp(`^${name}: (.*(?:\\r\\n[ \\t].*)*)`, 'im').exec(received[0]!.source)?.[1]

it('sends text and HTML to one recipient, marked as written by a machine', async () => {
  await nodemailer({ transport, from: FROM }).send(letter({ html: '<p>A <b>link</b></p>' }))
  expect(received).toHaveLength(1)
  expect(received[0]).toMatchObject({ from: 'no-reply@acme.test', to: ['ana@example.test'] })
  expect(header('From')).toBe('"Acme, the \\"best\\"" <no-reply@acme.test>')
  expect(header('To')).toBe('ana@example.test')
  expect(header('Subject')).toBe('Sign in')
  expect(header('Auto-Submitted')).toBe('auto-generated')
  expect(header('Content-Type')).toContain('multipart/alternative')
  expect(received[0]!.source).toContain('<p>A <b>link</b></p>')
  // the link in one piece, whatever encoding the line is in
  expect(received[0]!.source.replaceAll('=\r\n', '').replaceAll('=3D', '=')).toContain(
    'https://acme.test/sign-in/link#token=abc',
  )
})

it('sends letters in every script', async () => {
  await nodemailer({ transport, from: 'no-reply@acme.test' }).send(letter({ subject: 'Grüße aus 東京' }))
  expect(header('Subject')).toMatch(/^=\?UTF-8\?/)
})

it('makes of a recipient no list, and of a subject no header', async () => {
  const { send } = nodemailer({ transport, from: FROM })
  await send(letter({ subject: 'Hello\r\nBcc: eve@example.test' }))
  expect(header('Bcc')).toBeUndefined()
  await send(letter({ to: 'ana@example.test, eve@example.test' })).catch(() => undefined)
  expect(received.flatMap(({ to }) => to)).not.toContain('eve@example.test')
})

it('rejects what the server rejects', async () => {
  const sending = nodemailer({ transport, from: FROM }).send(letter({ to: 'refused@example.test' }))
  await expect(sending).rejects.toThrow()
  expect(received).toEqual([])
})

it.each([
  [{ transport: {}, from: FROM }, 'nodemailer.transport'],
  [{ transport: { sendMail: String }, from: 'nobody' }, 'nodemailer.from'],
  [{ transport: { sendMail: String } }, 'nodemailer.from'],
])('is told what is missing: %j', (options, option) => {
  expect(() => nodemailer(options as never)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', details: expect.objectContaining({ option }) }),
  )
})
