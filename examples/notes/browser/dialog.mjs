// Dialogs: a question, a name, or something with steps of its own. The browser keeps the focus inside and gives it back.

import { h } from './dom.mjs'

let count = 0

/**
 * Opens one with these contents. `closed` resolves when it is gone; `close` takes it away.
 * `fixed`: the Escape key does not, since what is shown is shown once.
 */
export function openDialog(title, children, { fixed = false } = {}) {
  const id = `dialog-${++count}`
  const heading = h('h2', { id, tabindex: '-1' }, title)
  const alert = h('p', { class: 'notice', role: 'alert' })
  const told = h('p', { class: 'told', role: 'status', 'data-told': true })
  const body = h('div', { class: 'stack' }, children)
  const dialog = h('dialog', { 'aria-labelledby': id }, h('div', { class: 'stack' }, heading, alert, told, body))
  if (fixed) dialog.addEventListener('cancel', (event) => event.preventDefault())
  document.body.append(dialog)
  const closed = new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve()
    })
  })
  dialog.showModal()
  const first = dialog.querySelector('[autofocus]') ?? heading
  first.focus()
  return { body, heading, closed, close: () => dialog.close() }
}

/** True: yes. */
export async function confirmed(question, action = 'Go on') {
  let yes = false
  const choose = (answer) => () => {
    yes = answer
    dialog.close()
  }
  const dialog = openDialog(question, [
    h(
      'div',
      { class: 'acts' },
      h('button', { class: 'quiet', type: 'button', onclick: choose(false) }, 'Leave it'),
      h('button', { type: 'button', onclick: choose(true), autofocus: true }, action),
    ),
  ])
  await dialog.closed
  return yes
}

/** What was typed; undefined: nothing. */
export async function asked(question, { label, value, action = 'Save' }) {
  let answer
  const input = h('input', { value, maxlength: '100', required: true, autofocus: true })
  const submit = (event) => {
    event.preventDefault()
    answer = input.value.trim()
    dialog.close()
  }
  const dialog = openDialog(question, [
    h(
      'form',
      { onsubmit: submit },
      h('label', {}, label, ' ', input),
      h(
        'div',
        { class: 'acts' },
        h('button', { class: 'quiet', type: 'button', onclick: () => dialog.close() }, 'Cancel'),
        h('button', {}, action),
      ),
    ),
  ])
  input.select()
  await dialog.closed
  return answer
}
