// The port to text messages.

export interface Texter {
  /** Resolves once somebody else has the message. What it rejects with is told to `onError`, and to nobody who asked for it. */
  send(text: Text): Promise<void>
}

export interface Text {
  /** E.164, as `+4930901820`. */
  readonly to: string
  readonly text: string
  readonly kind: TextKind
}

export type TextKind =
  | 'sign-in-code'
  /** The code of a second factor. */
  | 'factor-code'
  /** Proves a number that is new. */
  | 'phone-change'
