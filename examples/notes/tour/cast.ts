// Who takes part in the tour, and what they can do.

import { type Demo, type Person, people } from '../open.ts'
import type { Steps } from './steps.ts'
import { type Answer, Visitor } from './visitor.ts'

/** Short enough that nobody waits long for its end. */
export const TOUR_GRACE_MS = 1000

/** Somebody with a note from the start. */
type Writer = Required<Person>

export interface Cast {
  readonly ana: Writer
  readonly ben: Writer
  readonly cleo: Person
  readonly gus: Writer
  /** Ana's browser, and Gus's; signed in by the first part. */
  readonly atAcme: Visitor
  readonly atGlobex: Visitor
}

export interface Tour {
  readonly demo: Demo
  readonly cast: Cast
  readonly step: Steps['step']
  print(line: string): void
  /** A browser at a tenant's host. */
  visitor(tenant: string): Visitor
  signIn(at: Visitor, person: Pick<Person, 'email' | 'password'>): Promise<Answer>
  /** The bodies of the notes that this browser is shown. */
  notesOf(at: Visitor): Promise<readonly string[]>
  /** The id of whoever is signed in. */
  idOf(at: Visitor): Promise<string>
}

export function prepare(demo: Demo, step: Steps['step'], port: number, print: (line: string) => void): Tour {
  const visitor = (tenant: string) => new Visitor(port, tenant)
  const person = (name: string) => people.find((one) => one.name === name) as Writer
  return {
    demo,
    step,
    print,
    visitor,
    cast: {
      ana: person('Ana'),
      ben: person('Ben'),
      cleo: person('Cleo'),
      gus: person('Gus'),
      atAcme: visitor('acme'),
      atGlobex: visitor('globex'),
    },
    signIn: (at, { email, password }) => at.post('/auth/sign-in', { email, password }),
    async notesOf(at) {
      const { items } = (await at.get('/api/notes')).json as { items: { body: string }[] }
      return items.map(({ body }) => body)
    },
    async idOf(at) {
      const { user } = (await at.get('/auth/me')).json as { user: { id: string } }
      return user.id
    },
  }
}
