// Where payment providers call. Nobody is signed in here and no tenant is told: the signature on the bytes says who
// speaks, and the stored event whom it is about.

import type { Webhooks } from '../billing/billing.ts'
import { MAXIMUM_WEBHOOK_BYTES } from '../billing/webhooks.ts'
import { FreeholdError } from '../kernel/errors.ts'
import { readRawBody } from './body.ts'
import type { Route } from './routes.ts'
import { jsonResponse } from './views.ts'

export function webhookRoutes<Db, P extends string>(webhooks: Pick<Webhooks, 'receive'>): Route<Db, P>[] {
  return [
    {
      method: 'POST',
      path: 'webhooks/:provider',
      does: "Takes a payment provider's event. 200 once it is stored, whether it is new or came before; 400 for a bad signature; 503 when it cannot be stored.",
      asks: 'nothing',
      async answer({ request, info, params }) {
        if (info.bodyParsed) throw parsed()
        const rawBody = await readRawBody(request, MAXIMUM_WEBHOOK_BYTES)
        const answer = await webhooks.receive(params.provider!, { rawBody, headers: request.headers }).catch(unstored)
        if (!answer.ok) throw new FreeholdError('WEBHOOK_REFUSED', { reason: answer.reason })
        return jsonResponse({ received: true })
      },
    },
  ]
}

/** Whatever kept the event from being stored, the provider is told to send it again. */
function unstored(error: unknown): never {
  if (FreeholdError.is(error) && (error.status < 500 || error.status === 503)) throw error
  throw new FreeholdError('STORAGE_UNAVAILABLE', {}, { cause: error })
}

function parsed(): FreeholdError<'CONFIG_INVALID'> {
  return new FreeholdError('CONFIG_INVALID', {
    option: 'webhooks',
    problem: "a body parser runs before Freehold's routes, and what it leaves has no signature; mount Freehold first",
  })
}
