// Passwords: what is accepted as one (NIST SP 800-63B-4, section 3.1.1), and the work of hashing and checking them.

import type { Context } from '../context.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { invalid, isPlainText } from '../kernel/input.ts'
import type { Tenant } from '../tenancy/tenant.ts'
import { commonWords } from './common-words.ts'
import { foldWord } from './folding.ts'
import { guessBits } from './guessability.ts'
import { createHashingQueue, WAITING_PER_SLOT } from './hashing-queue.ts'

/** Whose password it is going to be. */
export interface PasswordOwner {
  readonly tenant: Pick<Tenant, 'slug' | 'name'>
  readonly email?: string
  /** The user has a second factor, so that a shorter password will do. */
  readonly secondFactor?: boolean
}

export interface Passwords {
  /**
   * Accepts a new password or says why not: its length in characters, and how soon it would be guessed. No rule about
   * which characters it is made of.
   * @throws PASSWORD_REJECTED; INPUT_INVALID for what is no well-formed text
   */
  check(password: string, owner: PasswordOwner): void
  /** As `check`, and not on the list of leaked passwords, where there is one. @throws as `check`, LEAK_LIST_UNAVAILABLE */
  accept(password: string, owner: PasswordOwner): Promise<void>
  /**
   * Accepts a hash that another system made, or says why not. Nothing is known of the password behind it, so no policy is asked.
   * @throws INPUT_INVALID, PACKAGE_MISSING
   */
  checkHash(hash: string): Promise<void>
  /** A PHC string. Checks no policy. @throws OVERLOADED */
  hash(password: string): Promise<string>
  /**
   * Is this the password behind the hash? Without a hash the answer is no after the same work, so that nobody learns
   * from the time who has a password. Over-long and malformed passwords, which no one can have, cost no work.
   * @throws OVERLOADED
   */
  verify(hash: string | null | undefined, password: unknown): Promise<boolean>
  /**
   * Runs what leads up to `verify`, and `verify` in it, when its turn is near: as many at once as are hashed, and as many again that
   * are looked up meanwhile. So a crowd that signs in waits here, where it holds no connection and nothing was counted yet, and
   * not in front of everybody who asks the database for something else.
   * @throws OVERLOADED when too many are waiting, and whatever `work` throws
   */
  inTurn<R>(work: () => Promise<R>): Promise<R>
  /** True when the hash was made with weaker parameters than today's, or by another system. */
  needsRehash(hash: string): boolean
}

/** Under so many bits a password falls to whoever tries what people choose; two common words and two digits have 23. */
const GUESSABLE_BITS = 26
/** Those who are hashed, and those who are next. */
const LOOKED_UP = 2
/** A name from around the user is among the first things tried. */
const CONTEXT_BITS = 3

export function createPasswords(context: Context): Passwords {
  const { passwordHasher, legacyHashes, riskSources, runtime, settings } = context
  const { maximumLength, minimumLength, minimumLengthWithSecondFactor, contextWords, concurrency, whenLeakListFails } =
    settings.passwords
  const common = commonWords()
  const queue = createHashingQueue(concurrency)
  const entrance = createHashingQueue(LOOKED_UP * concurrency, concurrency * WAITING_PER_SLOT)

  // A hash that is nobody's, made as today's are. Whoever asks first waits for it, with a user's hash or without.
  let nobody: Promise<string> | undefined
  const nobodysHash = (): Promise<string> => {
    nobody ??= queue
      .run(() => passwordHasher.hash(Buffer.from(runtime.randomBytes(32)).toString('base64url')))
      .catch((error: unknown) => {
        nobody = undefined
        throw error
      })
    return nobody
  }

  const isLegacy = (hash: string): boolean => legacyHashes !== undefined && legacyHashes.read(hash) !== 'unknown'

  const passwords: Passwords = {
    check(password, owner) {
      if (typeof password !== 'string') throw invalid('password', 'it is not a text')
      // before any work on it
      if (isLonger(password, maximumLength)) throw rejected('too-long', { maximum: maximumLength })
      if (!isPlainText(password)) throw invalid('password', 'it is not well-formed Unicode')
      const minimum = owner.secondFactor ? minimumLengthWithSecondFactor : minimumLength
      // of the two forms the shorter counts: one character can be 18 in NFKC, and many can be one
      if (Math.min([...password].length, [...prepare(password)].length) < minimum)
        throw rejected('too-short', { minimum })
      if (guessBits(prepare(password), common) < GUESSABLE_BITS) throw rejected('common')
      if (guessBits(prepare(password), common, wordsAround(owner, contextWords)) < GUESSABLE_BITS)
        throw rejected('contextual')
    },
    async accept(password, owner) {
      passwords.check(password, owner)
      const leaked = await riskSources.isLeaked(password)
      if (leaked) throw rejected('leaked')
      const silent = leaked === undefined && riskSources.hasLeakList
      if (silent && whenLeakListFails === 'refuse') throw new FreeholdError('LEAK_LIST_UNAVAILABLE')
    },
    hash: (password) => queue.run(() => passwordHasher.hash(prepare(password))),
    async verify(hash, password) {
      if (typeof password !== 'string' || isLonger(password, maximumLength) || !isPlainText(password)) return false
      const substitute = await nobodysHash()
      const asked = hash ?? substitute
      const verifier = isLegacy(asked) ? legacyHashes! : passwordHasher
      // another system hashed what was typed, and not our form of it
      const forms = new Set([prepare(password), password])
      const right = await queue.run(async () => {
        for (const form of forms) if (await verifier.verify(asked, form)) return true
        return false
      })
      return right && typeof hash === 'string'
    },
    inTurn: (work) => entrance.run(work),
    needsRehash: (hash) => isLegacy(hash) || passwordHasher.needsRehash(hash),
    async checkHash(hash) {
      if (typeof hash !== 'string') throw invalid('passwordHash', 'it is not a text')
      if (passwordHasher.reads?.(hash)) return
      const kind = legacyHashes?.read(hash) ?? 'unknown'
      if (kind === 'too-costly') throw invalid('passwordHash', 'it would cost too much to check')
      if (kind === 'unknown') throw invalid('passwordHash', 'it is no hash that can be checked here')
      await legacyHashes?.load(hash)
    },
  }
  return passwords
}

/**
 * The form that is hashed and checked: NFKC, so that one password typed on two keyboards (composed or not, full width
 * or not) is one password (NIST SP 800-63B-4, section 3.1.1.2). Nothing is trimmed and nothing is cut off.
 */
function prepare(password: string): string {
  return password.normalize('NFKC')
}

/** More characters (code points) than this? Counted without looking at more than twice as many units. */
function isLonger(text: string, maximum: number): boolean {
  return text.length > 2 * maximum || [...text].length > maximum
}

/** The names around a user: tenant, address, the host's own words; whole, and in their parts. */
function wordsAround(owner: PasswordOwner, contextWords: readonly string[]): ReadonlyMap<string, number> {
  const costs = new Map<string, number>()
  const { tenant, email = '' } = owner
  for (const name of [tenant.slug, tenant.name, email, ...email.split('@'), ...contextWords]) {
    const folded = foldWord(name)
    const parts = folded.split(/[^\p{L}\p{N}]+/u)
    for (const word of [folded, parts.join(''), ...parts]) if (word.length >= 3) costs.set(word, CONTEXT_BITS)
  }
  return costs
}

function rejected(
  reason: 'too-short' | 'too-long' | 'common' | 'contextual' | 'leaked',
  limits: { readonly minimum?: number; readonly maximum?: number } = {},
): FreeholdError<'PASSWORD_REJECTED'> {
  return new FreeholdError('PASSWORD_REJECTED', { reason, ...limits })
}
