// What somebody does with their own account that has several steps: adding a passkey or another factor, a number, new
// recovery codes.

import { call } from './api.mjs'
import { secretShown } from './app-secret.mjs'
import { openDialog } from './dialog.mjs'
import { codeField, field, h, typed } from './dom.mjs'
import { act, tellNext } from './notice.mjs'
import { createPasskey } from './passkey.mjs'
import { showRecoveryCodes } from './recovery-codes.mjs'

const flows = {
  passkey: addPasskey,
  totp: addApp,
  sms: () =>
    addTarget('sms', { label: 'Number with its country', name: 'phone', type: 'tel', placeholder: '+34 600 000 042' }),
  email: () =>
    addTarget('email', {
      label: 'E-mail',
      name: 'email',
      type: 'email',
      hint: 'Leave it empty for the address you sign in with.',
      required: false,
    }),
  hardware_token: addToken,
  finish: async ({ id, name }) => {
    const { sent } = await call('POST', `/auth/factors/${id}/send-code`)
    await finish(`Finish “${name}”`, id, [sentTo(sent)], { keep: true })
  },
  recovery: async () => {
    const { codes } = await call('POST', '/auth/recovery-codes')
    await showRecoveryCodes(codes)
    location.reload()
  },
}

for (const button of document.querySelectorAll('button[data-flow]')) {
  button.addEventListener('click', () => act(button, () => flows[button.dataset.flow](button.dataset)))
}

const sentTo = ({ to }) =>
  h('p', { class: 'soft' }, `We sent a code to ${to}. `, h('a', { href: '/inbox', target: 'inbox' }, 'Open the inbox'))

/** Reloads the page, which then says this. */
function done(text) {
  tellNext(text)
  location.reload()
}

async function addPasskey() {
  const response = await createPasskey(await call('POST', '/auth/passkeys/options', {}))
  const name = `${navigator.userAgentData?.platform || 'My'} passkey`
  await call('POST', '/auth/passkeys', { response, name })
  done('The passkey is added. Next time it is enough.')
}

async function addApp() {
  const { factor, ...begun } = await call('POST', '/auth/factors/totp', { name: 'Authenticator app' })
  await finish('Add an authenticator app', factor.id, await secretShown(begun))
}

/** A telephone or a mailbox. */
async function addTarget(kind, { label, hint, ...properties }) {
  const target = field(label, { autofocus: true, ...properties }, hint)
  const submit = (event) => {
    event.preventDefault()
    act(event.submitter, async () => {
      const given = typed(event.target)
      const phone = given.phone?.replaceAll(/[\s()-]/g, '')
      const body =
        kind === 'sms'
          ? { name: 'Text messages', phone }
          : { name: 'Codes by e-mail', ...(given.email && { email: given.email }) }
      const { factor, sent } = await call('POST', `/auth/factors/${kind}`, body)
      dialog.close()
      await finish(kind === 'sms' ? 'Confirm the number' : 'Confirm the address', factor.id, [sentTo(sent)])
    })
  }
  const dialog = openDialog(kind === 'sms' ? 'Codes by text message' : 'Codes by e-mail', [
    h('form', { onsubmit: submit }, target, h('button', {}, 'Send a code')),
    cancel(() => dialog.close()),
  ])
}

async function addToken() {
  const submit = (event) => {
    event.preventDefault()
    act(event.submitter, async () => {
      const { secret } = typed(event.target)
      const { factor } = await call('POST', '/auth/factors/hardware-token', { name: 'Hardware token', secret })
      dialog.close()
      await finish('Confirm the token', factor.id, [
        h('p', { class: 'soft' }, 'Press its button, and type what it shows.'),
      ])
    })
  }
  const secret = field(
    'Secret',
    { name: 'secret', autocomplete: 'off', autofocus: true },
    'In base32, as it came with the token.',
  )
  const dialog = openDialog('Add a hardware token', [
    h('form', { onsubmit: submit }, secret, h('button', {}, 'Go on')),
    cancel(() => dialog.close()),
  ])
}

/** The first code of a factor: from then on it counts. Whoever leaves takes back what was just begun. */
async function finish(title, id, contents, { keep = false } = {}) {
  let confirmed = false
  const submit = (event) => {
    event.preventDefault()
    act(event.submitter, async () => {
      const code = typed(event.target).code.replaceAll(' ', '')
      const { factor, recoveryCodes } = await call('POST', `/auth/factors/${id}/confirm`, { code, recoveryCodes: true })
      confirmed = true
      dialog.close()
      if (recoveryCodes) await showRecoveryCodes(recoveryCodes)
      done(`${factor.name}: it is asked for from now on.`)
    })
  }
  const dialog = openDialog(title, [
    ...contents,
    h('form', { onsubmit: submit }, codeField('Code', { autofocus: true }), h('button', {}, 'Confirm')),
    cancel(() => dialog.close()),
  ])
  await dialog.closed
  if (!confirmed && !keep) await call('DELETE', `/auth/factors/${id}`).then(() => location.reload())
}

const cancel = (close) => h('button', { type: 'button', class: 'link', onclick: close }, 'Cancel')

document.querySelector('form[data-flow=phone]')?.addEventListener('submit', (event) => {
  event.preventDefault()
  act(event.submitter, async () => {
    const phone = typed(event.target).phone.replaceAll(/[\s()-]/g, '')
    const { id } = await call('POST', '/auth/phone/request', { phone })
    const submit = (inner) => {
      inner.preventDefault()
      act(inner.submitter, async () => {
        await call('POST', '/auth/phone', { id, code: typed(inner.target).code.replaceAll(' ', '') })
        done('Your number is confirmed. You can sign in by a code that is sent to it.')
      })
    }
    const dialog = openDialog('Confirm the number', [
      sentTo({ to: phone }),
      h('form', { onsubmit: submit }, codeField('Code', { autofocus: true }), h('button', {}, 'Confirm')),
      cancel(() => dialog.close()),
    ])
  })
})
