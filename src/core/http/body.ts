// Request bodies: one JSON object, of bounded size and depth. The bound holds while bytes arrive, not after.

import { FreeholdError } from '../kernel/errors.ts'
import { invalid, PROTOTYPE_KEYS } from '../kernel/input.ts'

/** A body that was read: plain JSON values under keys that are safe to merge. */
export type JsonObject = Readonly<Record<string, unknown>>

const MAXIMUM_DEPTH = 8

/**
 * Reads the body once. No body at all is an empty object.
 * @throws BODY_TOO_LARGE, BODY_INVALID (not JSON, not an object, not UTF-8, too deep, a prototype's name as a key)
 */
export async function readBody(
  request: Request,
  maximumBytes: number,
  maximumDepth = MAXIMUM_DEPTH,
): Promise<JsonObject> {
  checkEncoding(request.headers)
  const bytes = await readBytes(request, maximumBytes)
  if (bytes.length === 0) return {}
  if (!isJson(request.headers.get('content-type'))) throw broken('the content type is not application/json')
  return parseObject(bytes, maximumDepth)
}

/** @throws BODY_INVALID, as readBody */
export function parseObject(bytes: Uint8Array, maximumDepth = MAXIMUM_DEPTH): JsonObject {
  const value = parse(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken('it is not a JSON object')
  checkShape(value, maximumDepth)
  return value as JsonObject
}

/**
 * A field that must be a text; what the text may be is decided where it is used.
 * @throws INPUT_INVALID
 */
export function textField(body: JsonObject, field: string): string {
  const value = body[field]
  if (value === undefined) throw invalid(field, 'it is missing')
  if (typeof value !== 'string') throw invalid(field, 'it is not a text')
  return value
}

/** @throws INPUT_INVALID */
export function optionalTextField(body: JsonObject, field: string): string | undefined {
  return body[field] === undefined ? undefined : textField(body, field)
}

function checkEncoding(headers: Headers): void {
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity') throw broken('it is compressed')
}

function isJson(contentType: string | null): boolean {
  return contentType !== null && /^application\/json[\t ]*(;[\t ]*charset="?utf-8"?[\t ]*)?$/i.test(contentType.trim())
}

/**
 * The body byte for byte, as a signature is checked on it.
 * @throws BODY_TOO_LARGE, BODY_INVALID (compressed, or cut off)
 */
export async function readRawBody(request: Request, maximumBytes: number): Promise<Uint8Array> {
  checkEncoding(request.headers)
  return readBytes(request, maximumBytes)
}

/** The stream is let go, never cancelled: cancelling would cut the connection before the refusal is sent. */
async function readBytes(request: Request, maximumBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new FreeholdError('BODY_TOO_LARGE', { maximumBytes })
  if (Number(request.headers.get('content-length') ?? 0) > maximumBytes) throw tooLarge()
  if (request.bodyUsed) throw broken('somebody else has read it already')
  if (!request.body) return new Uint8Array(0)
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return Buffer.concat(chunks, length)
      length += value.byteLength
      if (length > maximumBytes) throw tooLarge()
      chunks.push(value)
    }
  } catch (error) {
    if (FreeholdError.is(error)) throw error
    throw new FreeholdError('BODY_INVALID', { problem: 'it ended early' }, { cause: error })
  } finally {
    reader.releaseLock()
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // the parser's message quotes the body, which may hold a password
    throw broken('it is not JSON in UTF-8')
  }
}

/** Looked at level by level: a body cannot make this run out of stack. */
function checkShape(root: object, maximumDepth: number): void {
  let level: object[] = [root]
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maximumDepth) throw broken('it is nested too deeply')
    const next: object[] = []
    for (const value of level) {
      for (const [key, inner] of Object.entries(value)) {
        if (PROTOTYPE_KEYS.has(key)) throw broken(`it has the key ${key}`)
        if (typeof inner === 'object' && inner !== null) next.push(inner)
      }
    }
    level = next
  }
}

function broken(problem: string): FreeholdError<'BODY_INVALID'> {
  return new FreeholdError('BODY_INVALID', { problem })
}
