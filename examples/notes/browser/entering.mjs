// What follows on a right answer: another factor, the setting up of one, or the first page.

import { isSignedIn } from './api.mjs'
import { h, show } from './dom.mjs'
import { setUpFactor } from './first-factor.mjs'
import { askForFactor } from './proof.mjs'

/** `answer`: of a route that lets people in. `first`: done in the new session, before the page changes. */
export async function enter(panel, answer, { to = location.pathname, first = async () => {} } = {}) {
  const over = () => location.assign('/')
  const done = (entered) => enter(panel, entered, { to, first })
  if (answer.enrolment) return setUpFactor(panel, answer.enrolment, { done, over })
  if (!answer.next) {
    if (!(await isSignedIn())) {
      throw new Error(
        'You are signed in, but this browser keeps no Secure cookies over http. Try Chrome, Edge or Firefox.',
      )
    }
    await first()
    return location.assign(to)
  }
  const body = h('div', { class: 'stack' })
  show(panel, 'One more step', h('p', { class: 'soft' }, 'Your account has a second factor.'), body)
  return askForFactor(body, answer.next, { trust: true, done, over })
}
