import { describe, expect, it } from 'vitest'
import { readBody, textField } from '../../src/core/http/body.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null

function post(body: Body, headers: Record<string, string> = JSON_TYPE): Request {
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
  return new Request('http://acme.test/auth/sign-in', init)
}
const read = (body: Body, headers?: Record<string, string>) => readBody(post(body, headers), 1024)

describe('request bodies', () => {
  it('are one JSON object, or nothing', async () => {
    expect(await read('{"email":"a@b.test","n":[1,{"x":null}]}')).toEqual({ email: 'a@b.test', n: [1, { x: null }] })
    expect(await read(null, {})).toEqual({})
    expect(await read('', {})).toEqual({})
    expect(await read('{}', { 'content-type': 'Application/JSON; charset=UTF-8' })).toEqual({})
  })

  it.each(['[]', '"a"', '1', 'null', '{', '{"a":1}x', '{a:1}', "{'a':1}", '\u0000', '{"a":1,}'])(
    'refuses %j',
    async (text) => {
      await expect(read(text)).rejects.toThrow(/BODY_INVALID/)
    },
  )

  it('never repeats what it could not read', async () => {
    const error = await read('{"password":"hunter2hunter2"').catch((caught: unknown) => caught)
    expect(JSON.stringify(error)).not.toContain('hunter2')
    expect(String(error)).not.toContain('hunter2')
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'application/jsonp'])(
    'refuses the type %s, which a form of another site could send',
    async (type) => {
      await expect(read('{}', { 'content-type': type })).rejects.toThrow(/BODY_INVALID/)
    },
  )

  it('refuses bytes without a type', async () => {
    await expect(read(new TextEncoder().encode('{}'), {})).rejects.toThrow(/BODY_INVALID/)
  })

  it('refuses compressed bodies and broken UTF-8', async () => {
    await expect(read('{}', { ...JSON_TYPE, 'content-encoding': 'gzip' })).rejects.toThrow(/BODY_INVALID/)
    await expect(read(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).rejects.toThrow(/BODY_INVALID/)
  })

  it.each(['{"__proto__":{"admin":true}}', '{"a":[{"__proto__":1}]}', '{"constructor":{}}', '{"a":{"prototype":1}}'])(
    'refuses keys that reach a prototype (A11): %s',
    async (text) => {
      await expect(read(text)).rejects.toThrow(/BODY_INVALID/)
    },
  )

  it('refuses what is nested deeper than any route needs, without running out of stack', async () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    await expect(read(nested(5))).resolves.toBeDefined()
    await expect(read(nested(8))).rejects.toThrow(/nested too deeply/)
    await expect(readBody(post(nested(500_000)), 2_000_000)).rejects.toThrow(/BODY_INVALID/)
  })

  it('believes a content length that is too long', async () => {
    const request = post('{}', { ...JSON_TYPE, 'content-length': '1025' })
    await expect(readBody(request, 1024)).rejects.toThrow(/BODY_TOO_LARGE/)
  })

  it('stops reading once the limit is passed, however long the stream goes on', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 512
        controller.enqueue(new Uint8Array(512).fill(0x20))
      },
    })
    await expect(read(endless)).rejects.toThrow(/BODY_TOO_LARGE/)
    expect(sent).toBeLessThanOrEqual(2048)
  })

  it('takes exactly the limit', async () => {
    const text = `{"a":"${'x'.repeat(1024 - 8)}"}`
    expect(text.length).toBe(1024)
    expect(textField(await read(text), 'a').length).toBe(1016)
    await expect(read(`${text} `)).rejects.toThrow(/BODY_TOO_LARGE/)
  })

  it('answers a stream that breaks as a broken body', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('socket hang up')),
    })
    await expect(read(broken)).rejects.toThrow(/BODY_INVALID/)
  })

  it.each([
    [undefined, /missing/],
    [1, /not a text/],
    [null, /not a text/],
    [['a'], /not a text/],
    [{}, /not a text/],
  ])('refuses %j where a text is wanted', (value, message) => {
    expect(() => textField({ email: value }, 'email')).toThrow(message)
  })
})
