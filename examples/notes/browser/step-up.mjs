// The dialog that asks again who is there: for the password, or for a second factor where there is one.

import { ask, call } from './api.mjs'
import { openDialog } from './dialog.mjs'
import { field, h, typed } from './dom.mjs'
import { act } from './notice.mjs'
import { askForFactor } from './proof.mjs'

/** Resolves once it is proven. Rejects with AbortError when the person does not want to. */
export async function proveAgain(level) {
  let proven = false
  const panel = h('div', { class: 'stack' })
  const leave = () => act(null, () => ask('/auth/sign-out').then(() => location.assign('/')))
  const dialog = openDialog('Is it you?', [
    h('p', { class: 'soft' }, 'What you are about to change decides who gets into your account, so we ask once more.'),
    panel,
    h(
      'div',
      { class: 'acts' },
      h('button', { type: 'button', class: 'link', onclick: leave }, 'Sign out and in again'),
      h('button', { type: 'button', class: 'quiet', onclick: () => dialog.close() }, 'Cancel'),
    ),
  ])

  const done = () => {
    proven = true
    dialog.close()
  }
  const begin = () => act(null, () => prove({}))

  async function prove(proof) {
    const answer = await call('POST', '/auth/step-up', proof, { proving: true })
    if (!answer.next) return done()
    return askForFactor(panel, answer.next, { trust: false, done, over: begin })
  }

  function askForPassword() {
    const submit = (event) => {
      event.preventDefault()
      const { password } = typed(form)
      act(event.submitter, () =>
        prove({ password }).catch((error) => {
          throw error.code === 'BAD_CREDENTIALS' ? new Error('That is not your password.') : error
        }),
      )
    }
    const own = { type: 'password', name: 'password', autocomplete: 'current-password', autofocus: true }
    const form = h('form', { onsubmit: submit }, field('Password', own), h('button', {}, 'Continue'))
    panel.replaceChildren(form)
    form.querySelector('input').focus()
  }

  if (level > 1) begin()
  else askForPassword()
  await dialog.closed
  if (!proven) throw new DOMException('not proven', 'AbortError')
}
