// The tour: drives the demo over real HTTP, as people of two tenants and as somebody who wants in, and looks at every
// promise on the way.

import type { Demo } from '../open.ts'
import { accounts } from './accounts.ts'
import { prepare } from './cast.ts'
import { devices } from './devices.ts'
import { factors } from './factors.ts'
import { log } from './log.ts'
import { places } from './places.ts'
import { plan } from './plan.ts'
import { roles } from './roles.ts'
import { sessions } from './sessions.ts'
import { createSteps } from './steps.ts'
import { wall } from './wall.ts'

export { TOUR_GRACE_MS } from './cast.ts'

/** True when everything was as promised. */
export async function runTour(demo: Demo, port: number, print: (line: string) => void): Promise<boolean> {
  const steps = createSteps(print)
  const tour = prepare(demo, steps.step, port, print)
  for (const part of [wall, roles, places, plan, log, accounts, factors, devices, sessions]) await part(tour)
  const { passed, failed } = steps
  print(
    failed === 0 ? `\nAll ${passed} steps were as promised.\n` : `\n${failed} of ${passed + failed} steps were not.\n`,
  )
  return failed === 0
}
