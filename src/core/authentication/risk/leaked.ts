// Whether a password was leaked, asked so that nobody learns which one it is (k-anonymity).

import { createHash } from 'node:crypto'
import type { LeakedPasswords } from '../../ports/leaked-passwords.ts'

/** Hexadecimal digits that leave the process: 20 of 160 bits. */
const PREFIX = 5

/** @throws what the list throws */
export async function isLeaked(list: LeakedPasswords, password: string): Promise<boolean> {
  // as it was typed: that is what the lists have hashed
  const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
  const wanted = hash.slice(PREFIX)
  const found = await list.suffixes(hash.slice(0, PREFIX))
  return found.some((line) => {
    const [suffix = '', seen = '1'] = line.trim().split(':')
    return suffix.toUpperCase() === wanted && Number(seen) !== 0
  })
}
