// The parts of nodemailer and of smtp-server that the tests use.

declare module 'nodemailer' {
  import type { NodemailerTransport } from 'freehold/nodemailer'

  export function createTransport(options: {
    host: string
    port: number
    secure?: boolean
    ignoreTLS?: boolean
    pool?: boolean
  }): NodemailerTransport & { close(): void }
}

declare module 'smtp-server' {
  import type { Server } from 'node:net'
  import type { Readable } from 'node:stream'

  interface Session {
    readonly envelope: {
      readonly mailFrom: { readonly address: string } | false
      readonly rcptTo: readonly { readonly address: string }[]
    }
  }

  export class SMTPServer {
    constructor(options: {
      disabledCommands?: string[]
      logger?: boolean
      onRcptTo?(address: { readonly address: string }, session: Session, done: (error?: Error) => void): void
      onData?(stream: Readable, session: Session, done: (error?: Error) => void): void
    })
    readonly server: Server
    listen(port: number, host: string, listening: () => void): void
    close(closed: () => void): void
  }
}
