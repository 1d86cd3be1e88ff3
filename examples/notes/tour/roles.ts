// Roles gate what people do, a change of roles takes effect on the next request, and every answer can be explained.

import type { Tour } from './cast.ts'
import { outcome, same } from './steps.ts'
import type { Visitor } from './visitor.ts'

interface Explained {
  readonly items: readonly {
    readonly allowed: boolean
    readonly reason: string
    readonly by: { readonly roles: readonly string[] } | null
    readonly needed: readonly { readonly kind: string }[]
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
  await step('An explanation says what it would take: a role, a fact, or a note of one’s own.', async () => {
    const needs = async (at: Visitor, query: Record<string, string>) => {
      const answer = await at.get(
        `/auth/access/explain?${new URLSearchParams({ permission: 'note:delete', ...query })}`,
      )
      return (answer.json as unknown as Explained).items[0]?.needed.map(({ kind }) => kind)
    }
    const hers = JSON.stringify({ author_id: (await noteOf(bens, ana.note!)).authorId })
    same(
      [await needs(cleos, {}), await needs(bens, {}), await needs(bens, { resource: hers })],
      [['role'], ['facts'], ['conditions']],
    )
    const page = await atAcme.get(`/access?permission=note:delete&member=${await idOf(cleos)}`)
    same(page.text.includes('It would take'), true)
  })
  await step(
    'Which notes may Ben delete? The database answers: his own; with Ana all of them, with Cleo none.',
    async () => {
      const listed = async (who: Visitor) => {
        const { text } = await atAcme.get(`/access?permission=note:delete&member=${await idOf(who)}`)
        const list = text.slice(text.indexOf('id="which"'))
        return [list.includes(ana.note!), list.includes(ben.note!)]
      }
      same(
        [await listed(bens), await listed(atAcme), await listed(cleos)],
        [
          [false, true],
          [true, true],
          [false, false],
        ],
      )
    },
  )
  await step(
    'A page asks once what its user may do; after a change of roles the answer is another at once.',
    async () => {
      const may = async () => {
        const { json } = await cleos.get('/auth/me/permissions')
        return (json as unknown as { allowed: string[] }).allowed
      }
      const id = await idOf(cleos)
      same(await may(), ['note:read'])
      same((await atAcme.send('PUT', `/api/members/${id}/role`, { json: { role: 'member' } })).status, 204)
      same(await may(), ['note:read', 'note:write'])
      const page = await atAcme.get(`/access?permission=note:write&member=${id}`)
      same(page.text.includes('Cleo may <code>note:write</code>'), true)
      same((await atAcme.send('PUT', `/api/members/${id}/role`, { json: { role: 'viewer' } })).status, 204)
      same(await may(), ['note:read'])
    },
  )
  await step('Pages that a role does not open are not offered, and answer 403 to who asks for them.', async () => {
    const { text } = await bens.get('/')
    same([text.includes('href="/audit"'), text.includes('href="/members"')], [false, false])
    same([(await bens.get('/audit')).status, (await bens.get('/members')).status], [403, 403])
  })
}
