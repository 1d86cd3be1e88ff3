// The parts of node-postgres that we use, described instead of imported: the host brings the package.

/** `pg.Pool`. */
export interface PgPool {
  connect(callback: (error: Error | undefined, client: PgClient | undefined) => void): void
  end(): Promise<void>
  on(event: 'error', listener: (error: Error) => void): unknown
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: PgPoolOptions
}

export interface PgPoolOptions {
  readonly max?: number
  readonly database?: string | undefined
  readonly user?: string | undefined
  readonly connectionString?: string | undefined
}

/** A client of the pool. */
export interface PgClient {
  query(submittable: object): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  /** `I` idle, `T` in a transaction, `E` in a failed one; where the driver tells (pg 8.21). */
  getTransactionStatus?(): string | null
  /** With an error, the pool destroys the connection. */
  release(broken?: Error): void
}

/** What a connection of ours alone needs besides, for LISTEN. */
export interface PgOwnClient {
  connect(): Promise<unknown>
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>
  end(): Promise<void>
  unref?(): void
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown
  on(event: 'notification', listener: (message: { channel: string; payload?: string | undefined }) => void): unknown
}

/** The connection that a Submittable writes to. */
export interface Wire {
  readonly stream: {
    readonly writable: boolean
    write(bytes: Uint8Array): boolean
    cork?(): void
    uncork?(): void
  }
  sync(): void
}

/** `pg.Query`: the driver's own Submittable, which runs the host's statements inside our batches. */
export interface PgQuery {
  submit(wire: Wire): Error | null
  handleRowDescription(message: unknown): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, wire: Wire): void
  handleEmptyQuery(wire: Wire): void
  handleReadyForQuery(wire: Wire): void
  handleCopyInResponse(wire: Wire): void
  handleCopyData(message: unknown, wire: Wire): void
}
export interface PgResult {
  readonly rows: Record<string, unknown>[]
  readonly command: string | null
  readonly rowCount: number | null
}
export type PgQueryClass = new (
  config: { text: string; values: unknown[]; queryMode: 'extended'; types: unknown },
  values: undefined,
  callback: (error: Error | null | undefined, result?: PgResult) => void,
) => PgQuery
