// Who takes part in the tour, and what they can do.

import { setTimeout as wait } from 'node:timers/promises'
import type { Letter } from '../inbox.ts'
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
  /** Signs up at Globex on the tour, and is gone at its end. */
  readonly nia: Newcomer
  /** Her first browser. */
  readonly atNias: Visitor
}

export interface Newcomer {
  readonly name: string
  readonly email: string
  password: string
  /** Of the second factors that she adds. */
  recoveryCodes: readonly string[]
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
  /** The newest letter or text message to this address or number, since the last one that was taken: with a link, a code, or this subject. */
  letterTo(recipient: string, about: 'link' | 'code' | (string & {})): Promise<Letter>
}

export function prepare(demo: Demo, step: Steps['step'], port: number, print: (line: string) => void): Tour {
  const visitor = (tenant: string) => new Visitor(port, tenant)
  let taken = 0
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
      nia: {
        name: 'Nia',
        email: `nia${Date.now()}@globex.test`,
        password: 'a lamp for every harbour',
        recoveryCodes: [],
      },
      atNias: visitor('globex'),
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
    async letterTo(recipient, about) {
      const fits = ({ subject, link, code }: Letter) =>
        about === 'link' ? link !== null : about === 'code' ? code !== null : subject === about

      // it is posted beside the answer
      for (let tries = 0; tries < 50; tries++) {
        const letters = JSON.parse((await visitor('globex').get('/inbox.json')).text) as Letter[]
        const found = letters.find((one) => one.id > taken && one.to === recipient && fits(one))
        if (found) {
          taken = found.id
          return found
        }
        await wait(50)
      }
      throw new Error(`no letter came to ${recipient}: ${about}`)
    },
  }
}
