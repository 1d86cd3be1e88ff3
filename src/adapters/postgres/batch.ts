// Several statements, one Sync, one round trip. PostgreSQL runs all that stands before a Sync as one implicit
// transaction: the tenant entered by the first statement holds for the next, and a failure anywhere undoes
// everything. Rides on node-postgres' Submittable contract, as cursors do.

import { type Field, type Parameter, RowReader, toParameters } from './codec.ts'
import { isStale } from './errors.ts'
import { Frames } from './frames.ts'
import { HostStatement } from './host-statement.ts'
import type { Answer, Statement } from './link.ts'
import type { Wire } from './wire.ts'

/** Told once: the answer of the last statement, or what went wrong. */
export type Done = (error: unknown, answer?: Answer) => void

/** A statement that a connection knows by name. */
interface Prepared {
  /** The name on the wire: short, whatever the statement calls itself. */
  readonly name: string
  /** Undefined: it may be there or not. */
  text: string | undefined
  /** How its rows are read; null: it returns none; undefined: not yet described. */
  reader: RowReader | null | undefined
}

// By the statement's own name. Hangs on the connection, so that it goes when the connection goes.
const preparedOn = new WeakMap<Wire, Map<string, Prepared>>()

interface Step {
  readonly name: string
  readonly text: string
  readonly values: readonly Parameter[]
  readonly gathered: boolean
  prepared: Prepared | undefined
}

const NOTHING: readonly Parameter[] = []

export class Batch {
  /** Set by node-postgres where a `query_timeout` is configured; tells its timer to stop. */
  callback: ((error?: unknown) => void) | undefined
  readonly #steps: Step[] = []
  readonly #host: HostStatement | undefined
  readonly #done: Done
  /** The step whose answer comes next. */
  #at = 0
  #reader: RowReader | null | undefined
  readonly #rows: Record<string, unknown>[] = []
  #ends: number[] | undefined
  #tag = ''
  #unreadable: unknown
  #wire: Wire | undefined
  #fresh: Prepared[] | undefined
  #settled = false

  /**
   * @param named false: behind a pooler that keeps no prepared statements
   * @throws INPUT_INVALID: a value cannot be sent; nothing has been sent then
   */
  constructor(statements: readonly Statement[], client: object, named: boolean, done: Done) {
    this.#done = done
    for (const { name = '', text, values, gathered = false, host } of statements) {
      if (host) this.#host = new HostStatement(client, text, values ?? [])
      else
        this.#steps.push({
          name: named ? name : '',
          text,
          values: values ? toParameters(values) : NOTHING,
          gathered,
          prepared: undefined,
        })
    }
  }

  submit(wire: Wire): null {
    this.#wire = wire
    const frames = new Frames()
    for (const step of this.#steps) {
      if (step.name === '') frames.parse('', step.text)
      else step.prepared = this.#prepare(wire, step, frames)
      frames.bind(step.prepared?.name ?? '', step.values)
      if (step.prepared?.reader === undefined) frames.describe()
      frames.execute()
    }
    if (this.#host) this.#submitWithHost(wire, frames, this.#host)
    else {
      frames.sync()
      write(wire, frames)
    }
    this.#reader = this.#steps[0]?.prepared?.reader
    return null
  }

  #submitWithHost(wire: Wire, frames: Frames, host: HostStatement): void {
    wire.stream.cork?.()
    if (this.#steps.length > 0) write(wire, frames)
    host.submit(wire)
    wire.stream.uncork?.()
  }

  /** A failed batch may or may not have left its names on the server, so a doubtful one is closed before it is parsed. */
  #prepare(wire: Wire, step: Step, frames: Frames): Prepared {
    let known = preparedOn.get(wire)
    if (!known) {
      known = new Map()
      preparedOn.set(wire, known)
    }
    let prepared = known.get(step.name)
    if (prepared?.text === step.text) return prepared
    if (prepared) frames.close(prepared.name)
    else {
      prepared = { name: `freehold_${known.size}`, text: undefined, reader: undefined }
      known.set(step.name, prepared)
    }
    frames.parse(prepared.name, step.text)
    prepared.text = step.text
    prepared.reader = undefined
    this.#fresh ??= []
    this.#fresh.push(prepared)
    return prepared
  }

  get #inHost(): boolean {
    return this.#host !== undefined && this.#at === this.#steps.length
  }

  get #isAnswered(): boolean {
    return this.#at === this.#steps.length - 1 || this.#steps[this.#at]!.gathered
  }

  handleRowDescription(message: { fields: readonly Field[] }): void {
    if (this.#inHost) this.#host!.query.handleRowDescription(message)
    else this.#reader = new RowReader(message.fields)
  }

  handleDataRow(message: { fields: readonly (string | null)[] }): void {
    if (this.#inHost) this.#host!.query.handleDataRow(message)
    else if (!this.#host && this.#isAnswered && this.#reader) {
      try {
        this.#rows.push(this.#reader.read(message.fields))
      } catch (error) {
        this.#unreadable = error
      }
    }
  }

  handleCommandComplete(message: { text: string }): void {
    if (this.#inHost) this.#host!.query.handleCommandComplete(message, this.#wire!)
    else this.#completed(message.text)
  }

  handleEmptyQuery(): void {
    if (this.#inHost) this.#host!.query.handleEmptyQuery(this.#wire!)
    else this.#completed('')
  }

  #completed(tag: string): void {
    const { prepared, gathered } = this.#steps[this.#at]!
    if (prepared) prepared.reader ??= this.#reader ?? null
    if (gathered) {
      this.#ends ??= []
      this.#ends.push(this.#rows.length)
    }
    this.#tag = tag
    this.#at++
    this.#reader = this.#steps[this.#at]?.prepared?.reader
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(wire: Wire): void {
    this.#host?.query.handleCopyInResponse(wire)
  }

  handleCopyData(): void {}

  /** node-postgres forgets a failed query at once: nothing more is told, and the next waits for ReadyForQuery. */
  handleError(error: Error): void {
    const all = isStale(error) && this.#wire ? preparedOn.get(this.#wire)?.values() : undefined
    for (const prepared of all ?? this.#fresh ?? []) prepared.text = undefined
    this.#settle(error)
  }

  handleReadyForQuery(): void {
    if (this.#host) {
      this.#host.query.handleReadyForQuery(this.#wire!)
      const { error, answer } = this.#host.outcome()
      this.#settle(error, answer)
    } else if (this.#unreadable) this.#settle(this.#unreadable)
    else {
      const ends = this.#ends && { ends: this.#ends }
      this.#settle(undefined, { rows: this.#rows, ...ends, ...readTag(this.#tag) })
    }
  }

  #settle(error: unknown, answer?: Answer): void {
    if (this.#settled) return
    this.#settled = true
    this.callback?.(error)
    this.#done(error, answer)
  }
}

/** A socket that is gone is told to everybody by its own events. */
function write({ stream }: Wire, frames: Frames): void {
  if (stream.writable) stream.write(frames.bytes)
}

/** `UPDATE 3`, `INSERT 0 1`, `COMMIT`. */
function readTag(tag: string): { command: string; count: number } {
  const first = tag.indexOf(' ')
  if (first < 0) return { command: tag, count: 0 }
  return { command: tag.slice(0, first), count: Number(tag.slice(tag.lastIndexOf(' ') + 1)) || 0 }
}
