// docs/access-routes.md names every route of access, and no other, each with the permission that it asks for.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { accessRoutes } from '../../src/core/http/access-routes.ts'
import { accessToolRoutes } from '../../src/core/http/access-tool-routes.ts'
import { assignmentRoutes } from '../../src/core/http/assignment-routes.ts'
import { invitationRoutes } from '../../src/core/http/invitation-routes.ts'
import { memberRoutes } from '../../src/core/http/member-routes.ts'
import { organizationRoutes } from '../../src/core/http/organization-routes.ts'
import { policyRoutes } from '../../src/core/http/policy-routes.ts'
import { projectRoutes } from '../../src/core/http/project-routes.ts'
import { resourceRoutes } from '../../src/core/http/resource-routes.ts'
import { roleRoutes } from '../../src/core/http/role-routes.ts'
import type { Route } from '../../src/core/http/routes.ts'
import { teamRoutes } from '../../src/core/http/team-routes.ts'
import { definePermissions } from '../../src/index.ts'

const page = readFileSync('docs/access-routes.md', 'utf8')
const parts = { bodyOf: async () => ({}) }
const routes: readonly Route<unknown>[] = [
  ...accessRoutes(),
  ...accessToolRoutes(parts),
  ...roleRoutes(parts, definePermissions({})),
  ...policyRoutes(parts),
  ...organizationRoutes(parts),
  ...teamRoutes(parts),
  ...memberRoutes(parts),
  ...projectRoutes(parts),
  ...resourceRoutes(parts),
  ...assignmentRoutes(parts),
  ...invitationRoutes(parts),
]

/** A method counts for the paths behind it, up to the next. */
const told = [...page.matchAll(/^\| (`[A-Z]+ .+?) \| (.+) \|$/gm)].flatMap(([, paths, asks]) => {
  let method = ''
  const named = paths!.replace(/\(.*\)/, '').matchAll(/`(?:([A-Z]+) )?([^`]+)`/g)
  return [...named].map(([, given, path]) => {
    method = given ?? method
    return {
      route: `${method} ${path}`,
      permissions: [...asks!.matchAll(/`([a-z]+:[a-z]+)`/g)].map(([, name]) => name),
    }
  })
})

it('the page of the routes of access has each once, and no other', () => {
  const names = routes.map(({ method, path }) => `${method} ${path}`)
  // it makes a user, and stands with the other ways in
  expect(told.map(({ route }) => route).sort()).toEqual([...names, 'POST invitations/accept'].sort())
})

it.each(routes)('$method $path is told with what it asks for', (route) => {
  const { permissions } = told.find((one) => one.route === `${route.method} ${route.path}`)!
  const asked = 'permission' in route ? route.permission : undefined
  if (asked) expect(permissions).toContain(asked)
  else expect(permissions.filter((name) => name !== 'role:read')).toEqual([])
})
