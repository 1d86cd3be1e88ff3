// A second factor for who has none yet and needs one to come in: set up in the page of the sign-in, which it ends.

import { ask } from './api.mjs'
import { secretShown } from './app-secret.mjs'
import { codeField, h, show, typed } from './dom.mjs'
import { act, complain } from './notice.mjs'
import { createPasskey } from './passkey.mjs'
import { showRecoveryCodes } from './recovery-codes.mjs'

const WAYS = { totp: ['Authenticator app', withApp], passkey: ['Passkey', withPasskey] }

/** `done` gets what the server answered, once the recovery codes are kept; `over`: what took too long. */
export function setUpFactor(panel, { token, factors }, { done, over }) {
  const asks = async (path, fields) => {
    try {
      return await ask(`/auth/sign-in/enrolment/${path}`, { token, ...fields })
    } catch (error) {
      if (error.code !== 'TOKEN_EXPIRED') throw error
      over()
      return new Promise(() => {})
    }
  }
  const finish = async (answer) => {
    if (answer.recoveryCodes) await showRecoveryCodes(answer.recoveryCodes)
    await done(answer)
  }
  const choose = () => {
    complain('')
    const buttons = factors.map((type) => {
      const [name, way] = WAYS[type]
      const begin = (event) => act(event.currentTarget, () => way({ panel, asks, finish, choose }))
      return h('button', { type: 'button', onclick: begin }, name)
    })
    const says =
      'Everybody here signs in with two factors, and you have one. From now on the other is asked for as well.'
    show(panel, 'Add a second factor', h('p', { class: 'soft' }, says), h('div', { class: 'stack' }, buttons))
  }
  choose()
}

async function withPasskey({ asks, finish }) {
  const response = await createPasskey(await asks('passkey/options', {}))
  const name = `${navigator.userAgentData?.platform || 'My'} passkey`
  await finish(await asks('passkey', { response, name, recoveryCodes: true }))
}

async function withApp({ panel, asks, finish, choose }) {
  const contents = await secretShown(await asks('totp', { name: 'Authenticator app' }))
  const submit = (event) => {
    event.preventDefault()
    const code = typed(event.target).code.replaceAll(' ', '')
    act(event.submitter, async () => finish(await asks('totp/confirm', { code, recoveryCodes: true })))
  }
  const form = h('form', { onsubmit: submit }, codeField('Code', { autofocus: true }), h('button', {}, 'Confirm'))
  const back = h('button', { type: 'button', class: 'link', onclick: choose }, 'Another way')
  show(panel, 'Add an authenticator app', ...contents, form, back)
}
