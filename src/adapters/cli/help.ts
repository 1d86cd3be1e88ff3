// What the program says of itself: of all of it, and of what is more than a line can say. No line is wider than 80 characters.

const OVERVIEW = `freehold: migrations, keys, risk, access and a check-up of the database

Usage
  freehold migrate plan      what "up" would run; with --sql, the SQL itself
  freehold migrate up        applies what is pending
  freehold migrate status    every migration with its state
  freehold keys status       which root keys are still needed, and by how much
  freehold keys reencrypt    seals again with the current key what an older did
  freehold doctor            looks at server, roles, walls, keys, packages
  freehold risk replay FILE  scores recorded sign-ins, a JSON object a line;
                             asks no database
  freehold access ...        test, lint, export, diff, import: what roles and
                             policies decide (freehold access --help)

Options
  --url URL            the database as the application sees it (DATABASE_URL)
  --owner-url URL      the same as the schema's owner (FREEHOLD_OWNER_URL)
  --schema NAME        where Freehold's tables are (default: freehold)
  --folder DIR         your own migrations, NNNN_name.sql, run after ours
  --baseline SET:NNNN  takes migrations up to this one as done, as host:0003
                       or host:all
  --lock-wait SECONDS  how long to wait for another migration (default: 60)
  --geo FILE           with risk replay: places of addresses, a MaxMind database
                       (.mmdb); wants mmdb-lib
  --settings FILE      with risk replay: the option "risk" of createFreehold, as
                       JSON
  --sql                with plan: prints the SQL and nothing else
  --json               one JSON document; with up and risk, one per line
  --help, --version

Root keys are read from FREEHOLD_KEYS, as {"current":"k2","k1":"...","k2":"..."}
or FREEHOLD_KEY, which is k1. Doctor looks at these, and at FREEHOLD_KEY_1 to
FREEHOLD_KEY_255 (or _K1 to _K255), where they are set.

Exit codes
  0  all is well
  1  something is pending, was found, or failed
  2  the command line, or a file that it names, is wrong
`

const ACCESS = `freehold access: what roles, policies and assignments decide

Usage
  freehold access test CASES    asks the decisions that a file expects, of a
                                model or a tenant
  freehold access lint [MODEL]  what does nothing, or more than was meant
  freehold access export        writes a tenant's access as a document, a model
  freehold access diff MODEL    what a model would give and take, and to whom;
                                changes nothing
  freehold access import MODEL  makes a tenant's access as a model says, wholly
                                or not at all

Options
  --tenant SLUG       the tenant to ask, in a database; export, diff and import
                      need it, lint without a model too
  --permissions FILE  what your code declares: YAML as \`note: [read, write]\`, or
                      a module that exports \`permissions\`; needed with --tenant,
                      unless the cases of test say it
  --model FILE        test: the model to ask, in place of the one that the cases
                      name; no database is needed
  --junit FILE        test: the results as JUnit XML, for CI
  --places            export: organizations, teams and projects, too
  --assignments       export: who holds what and is in which team, too
  --replace           diff, import: removes what the model does not name
  --dry-run           import: does it, says what it was, and takes it back
  --url URL           the database as the application sees it (DATABASE_URL)
  --schema NAME       where Freehold's tables are (default: freehold)
  --json              one JSON document

Cases
  model: access.json            # what "export" wrote, beside this file
  cases:
    - principal: { roles: [author] }
      permission: note:write
      resource: { owner_id: $principal }
      expect: allow             # or deny; \`reason: expired\` where it matters

Exit codes
  0  every decision as expected; nothing found; nothing would change; done
  1  a decision otherwise, a finding, somebody who would gain or lose
  2  no answer: the command line, a file or the database is the trouble
`

export function helpFor(command: string | undefined): string {
  return command === 'access' ? ACCESS : OVERVIEW
}
