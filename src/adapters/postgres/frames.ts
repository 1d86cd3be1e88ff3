// The messages of one batch, in one buffer, written to the socket at once: a message each would cost a chunk, a
// callback and a scatter-gather write. Layouts: https://www.postgresql.org/docs/current/protocol-message-formats.html

import type { Parameter } from './codec.ts'

const FIRST_SIZE = 512
/** Execute of the unnamed portal, all rows. */
const EXECUTE = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0])
/** Describe of the unnamed portal. */
const DESCRIBE = Buffer.from([0x44, 0, 0, 0, 6, 0x50, 0])
const SYNC = Buffer.from([0x53, 0, 0, 0, 4])

export class Frames {
  #buffer = Buffer.allocUnsafe(FIRST_SIZE)
  #at = 0

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  /** Prepares a text under a name; '' is the statement of the moment. */
  parse(name: string, text: string): void {
    const start = this.#begin(0x50)
    this.#cstring(name)
    this.#cstring(text)
    this.#int16(0)
    this.#end(start)
  }

  /** Binds values to the unnamed portal: bytes as binary, the rest as text; rows come as text. */
  bind(name: string, values: readonly Parameter[]): void {
    const start = this.#begin(0x42)
    this.#int8(0)
    this.#cstring(name)
    if (values.some(isBytes)) {
      this.#int16(values.length)
      for (const value of values) this.#int16(isBytes(value) ? 1 : 0)
    } else this.#int16(0)
    this.#int16(values.length)
    for (const value of values) this.#value(value)
    this.#int16(0)
    this.#end(start)
  }

  describe(): void {
    this.#copy(DESCRIBE)
  }

  execute(): void {
    this.#copy(EXECUTE)
  }

  /** Forgets what was prepared under a name; no error when nothing was. */
  close(name: string): void {
    const start = this.#begin(0x43)
    this.#int8(0x53)
    this.#cstring(name)
    this.#end(start)
  }

  sync(): void {
    this.#copy(SYNC)
  }

  #begin(type: number): number {
    this.#int8(type)
    this.#room(4)
    this.#at += 4
    return this.#at - 4
  }

  #end(start: number): void {
    this.#buffer.writeInt32BE(this.#at - start, start)
  }

  #value(value: Parameter): void {
    if (value === null) this.#int32(-1)
    else if (isBytes(value)) {
      this.#int32(value.length)
      this.#copy(value)
    } else {
      this.#room(4 + value.length * 3)
      const length = this.#buffer.write(value, this.#at + 4)
      this.#buffer.writeInt32BE(length, this.#at)
      this.#at += 4 + length
    }
  }

  #cstring(text: string): void {
    this.#room(text.length * 3 + 1)
    this.#at += this.#buffer.write(text, this.#at)
    this.#buffer[this.#at++] = 0
  }

  #copy(bytes: Buffer): void {
    this.#room(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #int8(value: number): void {
    this.#room(1)
    this.#buffer[this.#at++] = value
  }

  #int16(value: number): void {
    this.#room(2)
    this.#at = this.#buffer.writeUInt16BE(value, this.#at)
  }

  #int32(value: number): void {
    this.#room(4)
    this.#at = this.#buffer.writeInt32BE(value, this.#at)
  }

  #room(size: number): void {
    const needed = this.#at + size
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.bytes)
    this.#buffer = larger
  }
}

function isBytes(value: Parameter): value is Buffer {
  return value !== null && typeof value === 'object'
}
