// What the pages say in attributes: forms and buttons that call a route and show the page again.
//   data-path, data-method   the route; POST unless said otherwise
//   data-confirm             a question before it
//   data-then                where to go after it; the same page when left out
//   data-told-after          what to say then
//   data-rename, data-name   asks for another name and posts it there
//   data-part                a choice whose value is a part of what is sent, as JSON
//   data-auto                sends the form when something is chosen
//   data-plain               an ordinary form of the browser's

import { call } from './api.mjs'
import { asked, confirmed } from './dialog.mjs'
import { requested } from './dom.mjs'
import { act, tell, tellNext } from './notice.mjs'

/** `done`: what the route answered; it may have words and a way of its own. */
function goOn({ url, message } = {}, { then, toldAfter } = {}) {
  tellNext(message ?? toldAfter)
  if (url || then) location.assign(url ?? then)
  else location.reload()
}

for (const form of document.querySelectorAll('form[data-path]')) {
  const submit = (control) => {
    // read before anything is disabled: what is disabled is not sent
    const fields = requested(form)
    return act(control, async () => {
      const { method = 'POST', path } = form.dataset
      goOn(await call(method, path, fields), form.dataset)
    })
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit(event.submitter)
  })
  if (!('auto' in form.dataset)) continue
  for (const select of form.querySelectorAll('select')) {
    const before = select.value
    select.addEventListener('change', async () => {
      if (!(await submit(select))) select.value = before
    })
  }
}

for (const form of document.querySelectorAll('form[data-plain][data-auto]')) {
  form.addEventListener('change', () => form.submit())
}

for (const button of document.querySelectorAll('button[data-path]')) {
  button.addEventListener('click', async () => {
    const { method = 'POST', path, confirm } = button.dataset
    if (confirm && !(await confirmed(confirm, button.textContent))) return
    await act(button, async () => goOn(await call(method, path), button.dataset))
  })
}

for (const button of document.querySelectorAll('button[data-rename]')) {
  button.addEventListener('click', async () => {
    const { rename, name: value } = button.dataset
    const name = await asked('Another name', { label: 'Name', value })
    if (name && name !== value) await act(button, async () => goOn(await call('POST', rename, { name })))
  })
}

for (const button of document.querySelectorAll('button[data-copy]')) {
  button.addEventListener('click', () =>
    act(button, async () => {
      await navigator.clipboard.writeText(button.dataset.copy)
      tell('Copied.')
    }),
  )
}

const ago = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]
/** Moments of the last days and the next, as people say them; the exact one shows when the pointer rests on it. */
for (const time of document.querySelectorAll('time')) {
  const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000
  time.title = time.textContent
  if (Math.abs(seconds) > 6 * 86_400) continue
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? []
  time.textContent = unit ? ago.format(Math.round(seconds / size), unit) : 'just now'
}
