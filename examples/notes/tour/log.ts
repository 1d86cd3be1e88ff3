// The audit log: it tells all that was done on the tour, by whom, and nobody changes it afterwards.

import { sql } from 'kysely'
import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'

interface Log {
  readonly items: readonly {
    readonly action: string
    readonly actor: { readonly type: string; readonly id?: string; readonly sessionId?: string; readonly ip?: string }
    readonly outcome: string
  }[]
  readonly next: string | null
}

export async function log({ demo, print, step, visitor, signIn, idOf, cast }: Tour): Promise<void> {
  const { atAcme, atGlobex, ben } = cast
  const read = async (query: string) => (await atAcme.get(`/auth/audit?${query}`)).json as unknown as Log

  print('\nThe audit log')
  await step('It tells that Ana changed the roles: who, in which session, from where.', async () => {
    const [event] = (await read('action=assignment.granted&limit=1')).items
    const { session } = (await atAcme.get('/auth/me')).json as { session: { id: string } }
    same(event?.actor.id, await idOf(atAcme))
    same([event?.actor.sessionId, event?.actor.ip], [session.id, '127.0.0.1'])
  })
  await step(
    "It tells of the provider's change of the plan, of failed sign-ins, and of the app's own deeds.",
    async () => {
      same((await read('action=subscription.created&limit=1')).items[0]?.actor.type, 'provider')
      same((await read('action=sign_in.failed&limit=1')).items[0]?.outcome, 'failure')
      same((await read('action=note.removed&limit=1')).items.length, 1)
    },
  )
  await step('It is read page by page, newest first, by who may; and each tenant has its own.', async () => {
    const first = await read('limit=5')
    const second = await read(`limit=5&cursor=${first.next}`)
    same([first.items.length, second.items.length], [5, 5])
    const bens = visitor('acme')
    await signIn(bens, ben)
    same(outcome(await bens.get('/auth/audit')), '403 FORBIDDEN')
    same((await atGlobex.get('/auth/audit')).text.includes(await idOf(atAcme)), false)
    const page = await atAcme.get('/audit?action=assignment.granted')
    same([page.status, page.text.includes('assignment.granted')], [200, true])
  })
  await step('The app itself can neither change an event nor delete one.', async () => {
    const acme = await demo.freehold.tenant('acme')
    const tried = async (statement: typeof change) =>
      acme
        .transaction(({ db }) => statement.execute(db))
        .then(
          () => 'done',
          () => 'refused',
        )
    const change = sql`update freehold.audit_events set action = 'nothing.happened'`
    same([await tried(change), await tried(sql`delete from freehold.audit_events`)], ['refused', 'refused'])
  })
}
