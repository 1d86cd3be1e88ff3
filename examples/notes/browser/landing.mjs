// The page of a mailed link: takes the token from behind the #, and posts it when the person presses the button.

import { ask } from './api.mjs'
import { h, show, typed } from './dom.mjs'
import { enter } from './entering.mjs'
import { act, tellNext } from './notice.mjs'

/** Whoever registered the address before it was proven may have been somebody else. */
const REMOVED =
  'A password that was set before is gone, since it may not be yours: choose one by “Forgot your password?”.'

const panel = document.querySelector('[data-panel]')
const form = panel.querySelector('form')
const { landing, leads, toldAfter } = form.dataset
const token = new URLSearchParams(location.hash.slice(1)).get('token')

if (!token) {
  const home = h('p', {}, h('a', { href: '/' }, 'To the first page'))
  show(
    panel,
    'This link is not whole',
    h('p', { class: 'soft' }, 'Open it from the letter again, or ask for another.'),
    home,
  )
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  act(event.submitter, async () => {
    const answer = await ask(landing, { token, ...typed(form) })
    // used up: it need not stay in the history
    history.replaceState(null, '', location.pathname)
    if (leads === 'tell') {
      tellNext(answer.passwordRemoved ? `${toldAfter} ${REMOVED}` : toldAfter)
      return location.assign('/')
    }
    const join = leads === 'join' ? () => ask('/api/join') : undefined
    await enter(panel, answer, { to: '/', first: join })
  })
})
