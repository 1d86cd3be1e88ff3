#!/usr/bin/env node
// The process: `npx freehold ...`.

import { program } from './program.ts'

// an output that was closed (as by `| head`) is no failure
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

program(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
}).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`freehold: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
