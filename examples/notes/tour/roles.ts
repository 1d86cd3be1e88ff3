// Roles gate what people do, a change of roles takes effect on the next request, and every answer can be explained.

import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'
import type { Visitor } from './visitor.ts'

interface Explained {
  readonly items: readonly {
    readonly allowed: boolean
    readonly reason: string
    readonly by: { readonly roles: readonly string[] } | null
  }[]
}

export async function roles({ print, step, visitor, signIn, idOf, cast }: Tour): Promise<void> {
  const { ana, ben, cleo, atAcme } = cast
  const [bens, cleos] = [visitor('acme'), visitor('acme')]
  const noteOf = async (at: Visitor, text: string) => {
    const { items } = (await at.get('/api/notes')).json as { items: { id: string; body: string; authorId: string }[] }
    return items.find(({ body }) => body === text)!
  }
  const explain = async (at: Visitor, query: Record<string, string>) => {
    const answer = await at.get(`/auth/access/explain?${new URLSearchParams(query)}`)
    const [item] = (answer.json as unknown as Explained).items ?? []
    return item ? [item.allowed, item.reason, item.by?.roles ?? null] : outcome(answer)
  }

  print('\nRoles')
  await step('Cleo, a viewer, reads the notes and may not write one.', async () => {
    same((await signIn(cleos, cleo)).status, 200)
    const written = await cleos.post('/api/notes', { body: 'by a viewer' })
    same([(await cleos.get('/api/notes')).status, outcome(written)], [200, '403 FORBIDDEN'])
  })
  await step('Ben, a member, writes; deletes a note of his own, and not one of Ana: a condition decides.', async () => {
    same((await signIn(bens, ben)).status, 200)
    const text = `Ben's for a moment, ${new Date().toISOString()}`
    same((await bens.post('/api/notes', { body: text })).status, 201)
    const [his, hers] = [await noteOf(bens, text), await noteOf(bens, ana.note!)]
    const remove = async (id: string) => outcome(await bens.send('DELETE', `/api/notes/${id}`))
    same([await remove(his.id), await remove(hers.id)], ['204', '403 FORBIDDEN'])
  })
  await step('What one may delete is a query: all notes for Ana, his own for Ben, none for Cleo.', async () => {
    const deletable = async (at: Visitor) => {
      const { items } = (await at.get('/api/notes?may=delete')).json as { items: { body: string; authorId: string }[] }
      return items
    }
    const [all, his] = [await deletable(atAcme), await deletable(bens)]
    const id = await idOf(bens)
    same(
      [all, his].map((items) => items.some(({ body }) => body === ana.note)),
      [true, false],
    )
    same([his.length > 0, his.every(({ authorId }) => authorId === id)], [true, true])
    same(await deletable(cleos), [])
  })
  await step('Ana, the owner, makes Cleo a member: her next request may write, without signing in again.', async () => {
    const id = await idOf(cleos)
    same((await atAcme.send('PUT', `/api/members/${id}/role`, { json: { role: 'member' } })).status, 204)
    const text = `Cleo's first, ${new Date().toISOString()}`
    same((await cleos.post('/api/notes', { body: text })).status, 201)
    same((await cleos.send('DELETE', `/api/notes/${(await noteOf(cleos, text)).id}`)).status, 204)
    same((await atAcme.send('PUT', `/api/members/${id}/role`, { json: { role: 'viewer' } })).status, 204)
    same(outcome(await cleos.post('/api/notes', { body: 'too late' })), '403 FORBIDDEN')
  })
  await step('Ben can give no role, and Ana cannot leave Acme without an owner.', async () => {
    const give = async (at: Visitor, to: Visitor, role: string) =>
      outcome(await at.send('PUT', `/api/members/${await idOf(to)}/role`, { json: { role } }))
    same(await give(bens, bens, 'owner'), '403 FORBIDDEN')
    same(await give(atAcme, atAcme, 'viewer'), '409 LAST_OWNER')
    same((await atAcme.get('/members')).status, 200)
  })
  await step('Every answer can be explained: by which role, on which condition, and what was not told.', async () => {
    const [hers, his] = [await noteOf(bens, ana.note!), await noteOf(bens, ben.note!)]
    const resource = ({ authorId }: { authorId: string }) => JSON.stringify({ author_id: authorId })
    const permission = 'note:delete'
    same(await explain(bens, { permission, resource: resource(his) }), [true, 'allowed', ['member']])
    same(await explain(bens, { permission, resource: resource(hers) }), [false, 'condition-not-met', ['member']])
    same(await explain(bens, { permission }), [false, 'context-missing', ['member']])
    same(await explain(cleos, { permission }), [false, 'no-grant', null])
  })
  await step("Somebody else's permissions are explained to who may read roles: to Ana, not to Ben.", async () => {
    const query = { permission: 'note:write', userId: await idOf(cleos) }
    same([await explain(atAcme, query), await explain(bens, query)], [[false, 'no-grant', null], '403 FORBIDDEN'])
    const page = await atAcme.get(`/access?permission=note:write&member=${query.userId}`)
    same([page.status, page.text.includes('Cleo may not <code>note:write</code>')], [200, true])
  })
  await step('Pages that a role does not open are not offered, and answer 403 to who asks for them.', async () => {
    const { text } = await bens.get('/')
    same([text.includes('href="/audit"'), text.includes('href="/members"')], [false, false])
    same([(await bens.get('/audit')).status, (await bens.get('/members')).status], [403, 403])
  })
}
