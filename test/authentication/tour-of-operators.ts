// The part of the tour that acts for others: service accounts with their keys, and operators of the platform.

import { PLATFORM_TENANT_ID } from '../../src/index.ts'
import { PASSWORD, type Steps } from './tour.ts'

export const OPERATOR_STEPS: Steps = {
  async 'api keys'({ acme, secrets }) {
    const serviceAccount = await acme.serviceAccounts.create({ name: 'Robot' })
    const { apiKey, secret } = await acme.apiKeys.create({ serviceAccount, name: 'ci' })
    secrets.keep('an api key', secret)
    const rotated = await acme.apiKeys.rotate(apiKey)
    secrets.keep('the api key after it', rotated.secret)
    await acme.apiKeys.revoke(rotated.apiKey)
  },
  async 'an operator who acts as a user, and breaks the glass'({ freehold, acme, secrets }) {
    const platform = await freehold.tenant(PLATFORM_TENANT_ID)
    const operator = await platform.users.create({ email: 'op@platform.test', password: PASSWORD })
    await platform.assignments.grant({ principal: operator, role: 'admin' })
    const user = await acme.users.create({ email: 'lea@acme.test', password: PASSWORD })
    const rooms = freehold.as({ type: 'operator', id: operator.id })
    const { impersonation } = await rooms.tenant('acme')
    const { session, tokens } = await impersonation.start({ user, reason: 'ticket 1' })
    secrets.keep('the access token of an impersonation', tokens.accessToken)
    secrets.keep('the refresh token of an impersonation', tokens.refreshToken)
    const next = await freehold.sessions.refresh(tokens.refreshToken)
    if (!next.ok) throw new Error(next.reason)
    secrets.keep('the refresh token after it', next.tokens.refreshToken)
    await rooms.stays.end(session)
    const stay = await rooms.stays.open('acme', { reason: 'ticket 2' })
    await (await rooms.stays.enter(stay)).users.get(user)
  },
}
