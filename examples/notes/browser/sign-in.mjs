// The pages for strangers: each way in, and what only sends a letter.

import { ask, refresh } from './api.mjs'
import { codeField, h, show, typed } from './dom.mjs'
import { enter } from './entering.mjs'
import { act } from './notice.mjs'
import { usePasskey } from './passkey.mjs'

const panel = document.querySelector('[data-panel]')
const way = (name) => panel.querySelector(`[data-way=${name}]`)
const inbox = h(
  'p',
  {},
  h('a', { class: 'button quiet slim', href: '/inbox', target: 'inbox' }, 'Open the inbox of the demo'),
)
const back = h('p', { class: 'ends' }, h('a', { href: '/' }, 'Back to signing in'))

way('password')?.addEventListener('submit', (event) => {
  event.preventDefault()
  act(event.submitter, async () => enter(panel, await ask('/auth/sign-in', typed(event.target))))
})

way('passkey')?.addEventListener('click', (event) => {
  act(event.currentTarget, async () => {
    const response = await usePasskey(await ask('/auth/sign-in/passkey/options', {}))
    const answer = await ask('/auth/sign-in/passkey/verify', { response }).catch((error) => {
      throw error.code === 'BAD_CREDENTIALS' ? new Error('This passkey was not accepted.') : error
    })
    await enter(panel, answer)
  })
})

way('message')?.addEventListener('submit', (event) => {
  event.preventDefault()
  const to = typed(event.target).to.trim()
  act(event.submitter, () => (event.submitter.value === 'link' ? sendLink(to) : sendCode(to)))
})

async function sendLink(email) {
  if (!email.includes('@')) throw new Error('A link goes to an e-mail address. A number gets a code.')
  await ask('/auth/sign-in/link/request', { email })
  const says = `If ${email} belongs to somebody here, a link is on its way. It is good for ten minutes.`
  show(panel, 'Look into your mailbox', h('p', { class: 'soft' }, says), inbox, back)
}

async function sendCode(to) {
  const recipient = to.includes('@') ? { email: to } : { phone: to.replaceAll(/[\s()-]/g, '') }
  const { id } = await ask('/auth/sign-in/code/request', recipient)
  const submit = (event) => {
    event.preventDefault()
    const code = typed(form).code.replaceAll(' ', '')
    act(event.submitter, async () => enter(panel, await ask('/auth/sign-in/code', { id, code })))
  }
  const form = h(
    'form',
    { onsubmit: submit },
    codeField('Code', { autofocus: true, maxlength: '12' }),
    h('button', {}, 'Sign in'),
  )
  const says = `If ${to} belongs to somebody here, a code is on its way. It is good for ten minutes.`
  show(panel, 'Type in the code', h('p', { class: 'soft' }, says), form, inbox, back)
}

const sending = panel.querySelector('[data-message]')
sending?.addEventListener('submit', (event) => {
  event.preventDefault()
  act(event.submitter, async () => {
    await ask(sending.dataset.message, typed(sending))
    show(panel, 'Look into your mailbox', h('p', { class: 'soft' }, sending.dataset.sent), inbox, back)
  })
})

for (const button of document.querySelectorAll('[data-email]')) {
  button.addEventListener('click', () => {
    const form = way('password')
    form.email.value = button.dataset.email
    form.password.value = button.dataset.password
    form.querySelector('button').focus()
  })
}

const renewing = document.querySelector('[data-renewing]')
if (renewing) {
  // a browser that keeps no cookies must not go round in circles
  const lately = Date.now() - Number(sessionStorage.renewedAt ?? 0) < 10_000
  if (!lately && (await refresh())) {
    sessionStorage.renewedAt = Date.now()
    location.reload()
  } else {
    renewing.hidden = true
    for (const hidden of document.querySelectorAll('[data-panel], [data-people]')) hidden.hidden = false
  }
}
