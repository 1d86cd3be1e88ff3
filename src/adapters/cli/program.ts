// The program without its process: arguments and surroundings in, exit code out.

import { VERSION } from '../../migrations/index.ts'
import { complaintOf, showComplaint } from './complaint.ts'
import { placeOf } from './connection.ts'
import { doctor } from './doctor.ts'
import { helpFor } from './help.ts'
import { keys } from './keys.ts'
import { migrate, migrateUrl, print } from './migrate.ts'
import { replayHistory } from './replay.ts'
import { openScreen, type Surroundings } from './screen.ts'
import { type Command, readCommand, UsageError } from './usage.ts'

const MIGRATING: readonly Command['name'][] = ['plan', 'up', 'status']

/**
 * Runs one command. 0: all is well; 1: something is pending, was found, or failed; 2: the command line is wrong, or a file
 * that it names. Of `access`, 1 is an answer, as of diff and grep, and 2 is none, whatever the reason.
 */
export async function program(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { env, stdout, stderr } = surroundings
  const screen = openScreen(stderr, env)
  let command: Command
  try {
    command = readCommand(argv, env)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    screen.line(`${screen.tone('bad', 'freehold:')} ${error.message}`)
    const about = argv[0] === 'access' ? 'freehold access' : 'freehold'
    screen.line(screen.tone('faint', `${about} --help shows what there is.`))
    return 2
  }
  try {
    if (command.name === 'help') {
      stdout.write(helpFor(command.about))
      return 0
    }
    if (command.name === 'version') {
      stdout.write(`${VERSION}\n`)
      return 0
    }
    if (command.name === 'replay') return await replayHistory(command, surroundings)
    if (command.name === 'doctor') return await doctor(command, surroundings)
    if (command.name === 'keys status' || command.name === 'keys reencrypt') return await keys(command, surroundings)
    if (command.name.startsWith('access ')) {
      const { access } = await import('./access.ts')
      return await access(command, surroundings)
    }
    return await migrate(command, surroundings)
  } catch (error) {
    const url = MIGRATING.includes(command.name) ? migrateUrl(command) : command.url
    const complaint = complaintOf(error, url === undefined ? undefined : placeOf(url), command.tenant)
    const { code, title, details, docs, lines } = complaint
    if (command.json) print(stdout, { ok: false, kind: 'error', code, title, details, reasons: lines, docs })
    else {
      // progress may stand unfinished on the terminal
      openScreen(stdout, env).passing('')
      showComplaint(screen, complaint)
    }
    return code === 'CONFIG_INVALID' || code === 'FILE_INVALID' || command.name.startsWith('access ') ? 2 : 1
  }
}
