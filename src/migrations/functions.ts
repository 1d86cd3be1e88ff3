// The functions that our migrations make, so that one that was replaced is known by its body.

import { bundledMigrations } from './manifest.ts'

/** The bodies that a function of the schema freehold may have, by its name: each that some migration of ours gave it. */
export function bundledFunctions(): ReadonlyMap<string, ReadonlySet<string>> {
  const bodies = new Map<string, Set<string>>()
  for (const { sql } of bundledMigrations()) {
    for (const [, name = '', body = ''] of sql.matchAll(DEFINITION)) {
      bodies.set(name, (bodies.get(name) ?? new Set()).add(comparable(body)))
    }
  }
  return bodies
}

/** A body as it compares, whatever ends its lines. */
export function comparable(body: string): string {
  return body.replaceAll('\r\n', '\n')
}

const DEFINITION = /create or replace function freehold\.(\w+)\([^)]*\)[^$]*?\sas \$\$([\s\S]*?)\$\$/g
