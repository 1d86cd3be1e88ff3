// freehold access lint | export | diff | import, and the way to `test`.

import type { AccessDiff, AccessTools, Difference, LintFinding, ModelImportStep, PrincipalDiff } from '../../index.ts'
import { readDocument } from './access-files.ts'
import { inFile, type Opened, openModel, openStored } from './access-tenant.ts'
import { testAccess } from './access-test.ts'
import { print } from './migrate.ts'
import { count, openScreen, type Screen, type Surroundings, type Tone } from './screen.ts'
import type { Command } from './usage.ts'

/** Answers the exit code. @throws FILE_INVALID, and what the tools refuse */
export async function access(command: Command, surroundings: Surroundings): Promise<number> {
  switch (command.name) {
    case 'access test':
      return testAccess(command, surroundings)
    case 'access lint':
      return lint(command, surroundings)
    case 'access export':
      return within(command, surroundings, ({ tenant }) => exported(tenant.access, command, surroundings))
    case 'access diff':
      return within(command, surroundings, ({ tenant }) => diff(tenant.access, command, surroundings))
    default:
      return within(command, surroundings, ({ tenant }) => imported(tenant.access, command, surroundings))
  }
}

async function within(
  command: Command,
  surroundings: Surroundings,
  work: (opened: Opened) => Promise<number>,
): Promise<number> {
  const opened = await openStored(command, surroundings)
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

async function exported(
  tools: AccessTools,
  { places, assignments }: Command,
  { stdout }: Surroundings,
): Promise<number> {
  stdout.write(`${JSON.stringify(await tools.export({ places, assignments }), null, 2)}\n`)
  return 0
}

async function imported(tools: AccessTools, command: Command, { stdout, cwd, env }: Surroundings): Promise<number> {
  const mode = command.replace ? 'replace' : 'merge'
  const { file = '', dryRun } = command
  const document = await readDocument(cwd, file)
  const report = await inFile(file, () => tools.import(document, { mode, dryRun }))
  if (command.json) {
    print(stdout, report)
    return 0
  }
  const screen = openScreen(stdout, env)
  const signs = { create: ['good', '+'], update: ['warn', '~'], remove: ['bad', '-'] } as const
  for (const { action, part, name } of report.steps) {
    const [tone, sign] = signs[action]
    screen.line(`  ${screen.tone(tone, sign)} ${screen.tone('faint', ONE_OF[part])} ${name}`)
  }
  const many = count(report.steps.length, 'change')
  if (report.steps.length === 0) screen.line(screen.tone('good', 'Nothing to do: the tenant is as the document says.'))
  else if (report.dryRun) screen.line(`${many}. Nothing was changed: this was a dry run.`)
  else screen.line(screen.tone('good', `${many} made.`))
  return 0
}

const ONE_OF: Readonly<Record<ModelImportStep['part'], string>> = {
  permissions: 'permission',
  organizations: 'organization',
  teams: 'team',
  projects: 'project',
  roles: 'role',
  policies: 'policy',
  members: 'member',
  resources: 'resource',
  assignments: 'assignment',
}

const PAGE = 200

async function diff(tools: AccessTools, command: Command, { stdout, cwd, env }: Surroundings): Promise<number> {
  const { file = '' } = command
  const change = { document: await readDocument(cwd, file), mode: command.replace ? 'replace' : 'merge' } as const
  const items: PrincipalDiff[] = []
  let looked = 0
  for (const kind of ['user', 'service_account'] as const) {
    let cursor: string | null = null
    do {
      const options = { kind, limit: PAGE, ...(cursor === null ? {} : { cursor }) }
      const page: AccessDiff = await inFile(file, () => tools.diff(change, options))
      items.push(...page.items)
      looked += page.looked
      cursor = page.next
    } while (cursor !== null)
  }
  if (command.json) print(stdout, { ok: items.length === 0, looked, items })
  else showDiff(openScreen(stdout, env), items, looked)
  return items.length === 0 ? 0 : 1
}

function showDiff(screen: Screen, items: readonly PrincipalDiff[], looked: number): void {
  for (const { principal, gained, lost, changed, complete } of items) {
    screen.line(screen.tone('strong', principal.name))
    for (const [tone, sign, differences] of [
      ['good', '+', gained],
      ['bad', '-', lost],
      ['warn', '~', changed],
    ] as const) {
      for (const text of together(differences)) screen.line(`  ${screen.tone(tone, sign)} ${text}`)
    }
    if (!complete) screen.line(screen.tone('faint', '  ... and more'))
  }
  const people = count(looked, 'principal')
  if (items.length === 0) screen.line(screen.tone('good', `Nothing would change for any of ${people}.`))
  else screen.line(`Something would change for ${items.length} of ${people}. Nothing was changed.`)
}

/** What is so of several actions on one resource is one line: `note:read, write everywhere`. */
function together(differences: readonly Difference[]): string[] {
  const lines = new Map<string, { readonly resource: string; readonly actions: string[]; readonly rest: string }>()
  for (const { permission, where, before, after } of differences) {
    const [resource = '', action = ''] = permission.split(':')
    const rest = `${where}${WAYS[before][after]}`
    const key = JSON.stringify([resource, rest])
    const line = lines.get(key)
    if (line) line.actions.push(action)
    else lines.set(key, { resource, actions: [action], rest })
  }
  return [...lines.values()].map(({ resource, actions, rest }) => `${resource}:${actions.join(', ')} ${rest}`)
}

/** From what to what, where that is not just all or nothing. */
const WAYS: Readonly<Record<Difference['before'], Readonly<Record<Difference['after'], string>>>> = {
  refused: { refused: '', conditional: ', under conditions', allowed: '' },
  conditional: {
    refused: ', held under conditions',
    conditional: ', under other conditions',
    allowed: ', until now under conditions',
  },
  allowed: { refused: '', conditional: ', kept under conditions only', allowed: '' },
}

async function lint(command: Command, surroundings: Surroundings): Promise<number> {
  const { stdout, env } = surroundings
  const opened =
    command.file === undefined
      ? await openStored(command, surroundings)
      : await openModel(command, surroundings, command.file)
  try {
    const { findings, complete } = await opened.tenant.access.lint()
    const ok = findings.every(({ severity }) => severity === 'info')
    if (command.json) print(stdout, { ok, complete, findings })
    else showFindings(openScreen(stdout, env), findings, complete)
    return ok ? 0 : 1
  } finally {
    await opened.close()
  }
}

const SIGNS: Readonly<Record<LintFinding['severity'], readonly [Tone, string]>> = {
  error: ['bad', '✗'],
  warning: ['warn', '!'],
  info: ['faint', 'i'],
}

function showFindings(screen: Screen, findings: readonly LintFinding[], complete: boolean): void {
  for (const { severity, code, path, message, remedy } of findings) {
    const [tone, sign] = SIGNS[severity]
    screen.line(`${screen.tone(tone, `${sign} ${code}`)}  ${screen.tone('strong', path)}`)
    screen.line(`  ${screen.wrap(message, '  ')}`)
    screen.line(`  ${screen.tone('faint', '→')} ${screen.wrap(remedy, '    ')}`)
  }
  if (!complete) screen.line(screen.tone('faint', '... and more'))
  const many = (wanted: LintFinding['severity']) => findings.filter(({ severity }) => severity === wanted).length
  if (findings.length > 0) screen.line()
  const said = `${count(many('error'), 'error')}, ${count(many('warning'), 'warning')}, ${count(many('info'), 'note')}.`
  if (findings.length === 0) screen.line(screen.tone('good', 'Nothing was found.'))
  else screen.line(screen.tone(many('error') > 0 ? 'bad' : many('warning') > 0 ? 'warn' : 'good', said))
}
