// Devices: listed, trusted, forgotten; and a new password, after which nothing of before is open.

import { tokenOf } from './accounts.ts'
import type { Tour } from './cast.ts'
import { goOn } from './factors.ts'
import { outcome, same } from './steps.ts'
import type { Visitor } from './visitor.ts'

interface Listed {
  readonly items: readonly { readonly id: string; readonly deviceId: string; readonly current: boolean }[]
}

export async function devices({ print, step, visitor, signIn, idOf, letterTo, cast }: Tour): Promise<void> {
  const { nia, atNias, atGlobex } = cast
  const laptop = visitor('globex')
  const listed = async (at: Visitor, path: string) => ((await at.get(`/auth/${path}`)).json as unknown as Listed).items
  const deviceOf = async (at: Visitor) => (await listed(at, 'sessions')).find(({ current }) => current)?.deviceId ?? ''
  const enter = async (at: Visitor, code: string | undefined, trustDevice = false) =>
    goOn(at, await signIn(at, nia), 'recovery_code', { code, trustDevice })

  print('\nDevices')
  await step('A letter tells Nia of a new device, and she sees it among her own.', async () => {
    same((await enter(laptop, nia.recoveryCodes[2], true)).status, 200)
    await letterTo(nia.email, 'A new device at Globex')
    const own = (await listed(atNias, 'devices')).map(({ id }) => id)
    const [first, second] = [await deviceOf(atNias), await deviceOf(laptop)]
    same([own.includes(first), own.includes(second), first === second], [true, true, false])
    const page = await atNias.get('/account/devices')
    same([page.status, page.text.includes('This device'), page.text.includes('Trusted')], [200, true, true])
  })
  await step('A device that she trusts stands in for the second factor; another browser is asked for it.', async () => {
    same((await laptop.post('/auth/sign-out')).status, 204)
    same((await signIn(laptop, nia)).status, 200)
    same((await signIn(visitor('globex'), nia)).status, 202)
  })
  await step('A device that she forgets loses its session at once, and its trust.', async () => {
    same((await atNias.send('DELETE', `/auth/devices/${await deviceOf(laptop)}`)).status, 204)
    same(outcome(await laptop.get('/auth/me')), '401 SESSION_ENDED')
    same((await signIn(laptop, nia)).status, 202)
  })
  await step("Ana's browser cannot forget it: at Acme there is no such device.", async () => {
    const theirs = await cast.atAcme.send('DELETE', `/auth/devices/${await deviceOf(atNias)}`)
    same(outcome(theirs), '404 DEVICE_UNKNOWN')
  })
  await step(
    'A forgotten password: the link sets a new one, once, ends every session, and keeps the factor.',
    async () => {
      await visitor('globex').post('/auth/password-reset/request', { email: nia.email })
      const token = tokenOf(await letterTo(nia.email, 'link'))
      same((await visitor('globex').get('/reset-password')).status, 200)
      const reset = (password: string) => visitor('globex').post('/auth/password-reset', { token, password })
      same(outcome(await reset('too short')), '422 PASSWORD_REJECTED')
      const id = await idOf(atNias)
      same((await reset('a boat for every harbour')).status, 204)
      same(outcome(await reset('a boat for every harbour')), '403 CHALLENGE_REFUSED')
      same(outcome(await atNias.get('/auth/me')), '401 SESSION_ENDED')
      same(outcome(await signIn(visitor('globex'), nia)), '401 BAD_CREDENTIALS')
      nia.password = 'a boat for every harbour'
      same((await enter(atNias, nia.recoveryCodes[3])).status, 200)
      same(await idOf(atNias), id)
    },
  )
  await step('Gus, the owner, removes her: her session ends, and her password opens nothing.', async () => {
    same((await atGlobex.send('DELETE', `/api/members/${await idOf(atNias)}`)).status, 204)
    same(outcome(await atNias.get('/auth/me')), '401 SESSION_ENDED')
    same(outcome(await signIn(visitor('globex'), nia)), '401 BAD_CREDENTIALS')
  })
}
