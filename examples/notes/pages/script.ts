// What runs in the page: forms become JSON requests to our own origin, and a session whose access token has run out
// is refreshed once before anything is given up.

export const script = `
'use strict'
const notice = document.querySelector('[role=alert]')
const told = document.querySelector('[data-told]')
const say = (text) => { notice.textContent = text }

if (told && sessionStorage.told) {
  told.textContent = sessionStorage.told
  told.hidden = false
  delete sessionStorage.told
}

async function send(method, path, json) {
  const init = { method, headers: {} }
  if (json !== undefined) { init.headers['content-type'] = 'application/json'; init.body = JSON.stringify(json) }
  return fetch(path, init)
}
async function call(method, path, json) {
  let answer = await send(method, path, json)
  const renewable = answer.status === 401 && path !== '/auth/sign-in'
  if (renewable && (await send('POST', '/auth/refresh')).ok) answer = await send(method, path, json)
  if (answer.ok) return answer.json().catch(() => ({}))
  const problem = await answer.json().catch(() => ({}))
  if (answer.status === 401 && renewable) return location.reload()
  const wait = problem.retryAfterMs ? ' Try again in ' + Math.ceil(problem.retryAfterMs / 1000) + ' s.' : ''
  const why = problem.field ? ' (' + problem.field + ': ' + problem.problem + ')' : ''
  throw new Error((problem.title || 'The server cannot be reached') + why + '.' + wait)
}
async function act(button, work) {
  say('')
  button.disabled = true
  try { await work() } catch (error) { say(error.message === 'Failed to fetch' ? 'The server cannot be reached.' : error.message) }
  button.disabled = false
}
function goOn({ url, message } = {}, then) {
  if (message) sessionStorage.told = message
  if (url || then) location.assign(url || then)
  else location.reload()
}

for (const form of document.querySelectorAll('form')) {
  // read before anything is disabled: what is disabled is not sent
  const submit = async (control) => {
    const fields = Object.fromEntries(new FormData(form))
    await act(control, async () => {
      const done = await call(form.dataset.method || 'POST', form.dataset.path, fields)
      if (form.dataset.path === '/auth/sign-in' && !(await send('GET', '/auth/me')).ok) {
        throw new Error('You are signed in, but this browser keeps no Secure cookies over http. Try Chrome, Edge or Firefox.')
      }
      goOn(done, form.dataset.then)
    })
  }
  const plain = 'plain' in form.dataset
  if (!plain) form.addEventListener('submit', (event) => { event.preventDefault(); submit(form.querySelector('button')) })
  if (!('auto' in form.dataset)) continue
  for (const select of form.querySelectorAll('select')) {
    const before = select.value
    select.addEventListener('change', async () => {
      if (plain) return form.submit()
      await submit(select)
      // still here and something was said: it was refused
      if (notice.textContent) select.value = before
    })
  }
}
for (const button of document.querySelectorAll('button[data-method]')) {
  button.addEventListener('click', () => act(button, async () => goOn(await call(button.dataset.method, button.dataset.path))))
}

const renewing = document.querySelector('[data-renewing]')
if (renewing) {
  send('POST', '/auth/refresh').then((answer) => {
    if (answer.ok && sessionStorage.renewed !== renewing.dataset.renewing) {
      sessionStorage.renewed = renewing.dataset.renewing
      return location.reload()
    }
    renewing.hidden = true
    document.querySelector('[data-sign-in]').hidden = false
  })
}
`
