// The texts that were built, by their shapes: so many, and no more, so that shapes made up on the fly crowd out
// neither this process nor the connections, which keep a prepared statement for each name.

import type { KyselyLoader } from './packages.ts'
import { createSqlTexts, type SqlTexts, type Text } from './sql-texts.ts'

export interface NamedText {
  /** To prepare it under; one name has one text until it is forgotten here. */
  readonly name: string
  readonly text: Text
}

export interface Texts {
  find(shape: string): NamedText | undefined
  /** Builds a text and remembers it. @throws PACKAGE_MISSING (kysely) */
  build(shape: string, write: (build: SqlTexts) => Text): Promise<NamedText>
  /** Builds a text that will not come again. @throws PACKAGE_MISSING (kysely) */
  once(write: (build: SqlTexts) => Text): Promise<Text>
}

const REMEMBERED = 200

export function createTexts(schema: string, kysely: KyselyLoader, remembered = REMEMBERED): Texts {
  const texts = new Map<string, NamedText>()
  let ready: SqlTexts | undefined

  async function builder(): Promise<SqlTexts> {
    ready ??= createSqlTexts(kysely.loaded ?? (await kysely.load()), schema)
    return ready
  }

  return {
    find(shape) {
      const found = texts.get(shape)
      // the oldest goes first, so what is used becomes young again; worth it only once there is a queue
      if (found && texts.size === remembered) {
        texts.delete(shape)
        texts.set(shape, found)
      }
      return found
    },
    async build(shape, write) {
      const text = write(await builder())
      // somebody else built it while Kysely was loading
      const present = texts.get(shape)
      if (present) return present
      let name = `r${texts.size}`
      const oldest = texts.keys().next().value
      if (texts.size >= remembered && oldest !== undefined) {
        name = texts.get(oldest)!.name
        texts.delete(oldest)
      }
      const named = { name, text }
      texts.set(shape, named)
      return named
    },
    async once(write) {
      return write(await builder())
    },
  }
}
