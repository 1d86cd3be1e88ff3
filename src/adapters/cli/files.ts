// Files that a command line names.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FreeholdError } from '../../core/kernel/errors.ts'

/** @throws FILE_INVALID */
export async function contentOf(cwd: string, file: string): Promise<Buffer> {
  return readFile(resolve(cwd, file)).catch((cause: unknown) => {
    throw faulty(file, whyNot(cause, 'read'), cause)
  })
}

/** `file` may go on with where in it: `cases.yaml: cases[0].expect`. */
export function faulty(file: string, problem: string, cause?: unknown): FreeholdError<'FILE_INVALID'> {
  return new FreeholdError('FILE_INVALID', { file, problem }, { cause })
}

/** What the system's refusal means to a person. */
export function whyNot(cause: unknown, done: 'read' | 'written'): string {
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  switch (code) {
    case 'ENOENT':
      return done === 'read' ? 'there is no such file' : 'there is no such folder'
    case 'EISDIR':
      return 'it is a folder'
    case 'EACCES':
    case 'EPERM':
      return `it may not be ${done} by this user`
    default:
      return `it cannot be ${done}${typeof code === 'string' ? ` (${code})` : ''}`
  }
}
