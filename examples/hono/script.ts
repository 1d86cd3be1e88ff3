// What runs in the page: forms become JSON requests to our own origin, and a session whose access token has run out
// is refreshed once before anything is given up.

export const script = `
'use strict'
const notice = document.querySelector('[role=alert]')
const say = (text) => { notice.textContent = text }

async function send(method, path, json) {
  const init = { method, headers: {} }
  if (json !== undefined) { init.headers['content-type'] = 'application/json'; init.body = JSON.stringify(json) }
  return fetch(path, init)
}
async function call(method, path, json) {
  let answer = await send(method, path, json)
  const renewable = answer.status === 401 && path !== '/auth/sign-in'
  if (renewable && (await send('POST', '/auth/refresh')).ok) answer = await send(method, path, json)
  if (answer.ok) return
  const problem = await answer.json().catch(() => ({}))
  if (answer.status === 401 && renewable) return location.reload()
  const wait = problem.retryAfterMs ? ' Try again in ' + Math.ceil(problem.retryAfterMs / 1000) + ' s.' : ''
  throw new Error((problem.title || 'The server cannot be reached') + '.' + wait)
}
async function act(button, work) {
  say('')
  button.disabled = true
  try { await work() } catch (error) { say(error.message === 'Failed to fetch' ? 'The server cannot be reached.' : error.message) }
  button.disabled = false
}

for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    act(form.querySelector('button'), async () => {
      await call('POST', form.dataset.path, Object.fromEntries(new FormData(form)))
      if (form.dataset.path === '/auth/sign-in' && !(await send('GET', '/auth/me')).ok) {
        throw new Error('You are signed in, but this browser keeps no Secure cookies over http. Try Chrome, Edge or Firefox.')
      }
      location.reload()
    })
  })
}
for (const button of document.querySelectorAll('button[data-method]')) {
  button.addEventListener('click', () => act(button, async () => {
    await call(button.dataset.method, button.dataset.path)
    location.reload()
  }))
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
