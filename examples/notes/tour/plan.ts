// The plan: its limit holds, an upgrade is paid at the provider, whose signed webhooks lift it, and a cancellation takes
// nobody's place away.

import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'

interface Plan {
  readonly plan: { readonly key: string }
  readonly limits: { readonly members: { readonly maximum: number; readonly used: number } }
}

export async function plan({ demo, print, step, visitor, signIn, idOf, cast }: Tour): Promise<void> {
  const { atAcme, ben } = cast
  const { provider, freehold } = demo
  const newcomer = (name: string) => ({ name, email: `${name}${Date.now()}@acme.test`.toLowerCase(), role: 'member' })
  const [dana, eli, fay] = [newcomer('Dana'), newcomer('Eli'), newcomer('Fay')]
  const brief: string[] = []
  const webhooks = `${freehold.basePath}/webhooks/fake`
  let password = ''
  const standing = async () => {
    const { plan, limits } = (await atAcme.get('/auth/plan')).json as unknown as Plan
    return [plan.key, limits.members.used, limits.members.maximum]
  }
  const addDana = () => atAcme.post('/api/members', dana)
  const post = (body: Uint8Array, headers: Record<string, string>) =>
    visitor('acme').send('POST', webhooks, { body: Buffer.from(body).toString(), headers })

  print('\nThe plan')
  await step('The free plan has room for five: a sixth member is refused, and nobody was added.', async () => {
    same(await standing(), ['free', 3, 5])
    for (const one of [eli, fay]) same((await atAcme.post('/api/members', one)).status, 201)
    same(outcome(await addDana()), '402 LIMIT_REACHED')
    const { text } = await atAcme.get('/members')
    same([text.includes(eli.email), text.includes(dana.email)], [true, false])
    same(await standing(), ['free', 5, 5])
    for (const [, id = ''] of text.matchAll(
      /data-path="\/api\/members\/([0-9a-f-]{36})" data-confirm="Remove (?:Eli|Fay)/g,
    )) {
      brief.push(id)
    }
  })
  await step('Exporting is not in the free plan.', async () => {
    same(outcome(await atAcme.get('/api/export')), '402 ENTITLEMENT_MISSING')
  })
  await step('Ben may not buy anything.', async () => {
    const bens = visitor('acme')
    await signIn(bens, ben)
    same(outcome(await bens.post('/api/checkout')), '403 FORBIDDEN')
  })
  await step('A webhook that nobody signed, or that was changed on the way, is refused.', async () => {
    const { rawBody, headers } = provider.sign(Buffer.from('{"id":"evt_forged","object":"event"}'))
    const signature = headers.get('stripe-signature') ?? ''
    same(outcome(await post(rawBody, {})), '400 WEBHOOK_REFUSED')
    const changed = Buffer.from(rawBody.map((byte, i) => (i === 9 ? byte ^ 1 : byte)))
    same(outcome(await post(changed, { 'stripe-signature': signature })), '400 WEBHOOK_REFUSED')
    same(await standing(), ['free', 5, 5])
  })
  await step("Ana pays for Team at the provider; its signed webhooks change Acme's plan.", async () => {
    const { url } = (await atAcme.post('/api/checkout')).json as { url: string }
    const page = await atAcme.get(url)
    same([page.status, page.text.includes('Team for Acme')], [200, true])
    const checkout = new URL(url, 'http://acme.test').searchParams.get('checkout')
    same((await atAcme.post('/api/pay', { checkout })).status, 204)
    same(await standing(), ['team', 5, 10])
  })
  await step('The same webhook again is acknowledged, and changes nothing.', async () => {
    const [subscription] = await (await freehold.tenant('acme')).billing.subscriptions()
    const letter = provider.tell('customer.subscription.updated', subscription!.providerSubscriptionId)
    const { rawBody, headers } = provider.write(letter)
    const signed = { 'stripe-signature': headers.get('stripe-signature') ?? '' }
    same([(await post(rawBody, signed)).status, (await post(rawBody, signed)).status], [200, 200])
    provider.outbox.splice(0)
    same(await freehold.webhooks.drain(), { applied: 1, failed: 0 })
    same(await standing(), ['team', 5, 10])
  })
  await step('A sixth member fits now and signs in, and the notes can be exported.', async () => {
    const added = await addDana()
    password = / with (\S+),/.exec(String(added.json.message))?.[1] ?? ''
    same([added.status, await standing()], [201, ['team', 6, 10]])
    const danas = visitor('acme')
    same((await signIn(danas, { email: dana.email, password })).status, 200)
    const exported = await danas.get('/api/export')
    same([exported.status, exported.text.startsWith('written,author,note\r\n')], [200, true])
  })
  await step('Ana cancels: the plan is free again, Dana stays, and nobody new fits.', async () => {
    same((await atAcme.post('/api/cancel')).status, 204)
    same(await standing(), ['free', 6, 5])
    const danas = visitor('acme')
    same((await signIn(danas, { email: dana.email, password })).status, 200)
    same(outcome(await atAcme.post('/api/members', { ...dana, email: `x${dana.email}` })), '402 LIMIT_REACHED')
    same((await atAcme.send('DELETE', `/api/members/${await idOf(danas)}`)).status, 204)
    same(outcome(await danas.get('/api/notes')), '401 SESSION_ENDED')
    for (const id of brief) await atAcme.send('DELETE', `/api/members/${id}`)
    same(await standing(), ['free', 3, 5])
  })
}
