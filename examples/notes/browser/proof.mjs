// The factor that is asked for after the first: in the page of a sign-in, and in the dialog of a step-up.

import { ask } from './api.mjs'
import { codeField, h } from './dom.mjs'
import { act, complain, tell } from './notice.mjs'
import { usePasskey } from './passkey.mjs'

const ASKS = {
  totp: () => 'The six digits that your authenticator app shows now',
  hardware_token: () => 'The digits that your token shows',
  sms: ({ hint }) => `The code that we sent to ${hint}`,
  email: ({ hint }) => `The code that we sent to ${hint}`,
  recovery_code: () => 'One of your recovery codes',
}
const SENT = new Set(['sms', 'email'])

/**
 * Asks for one of the factors, in `panel`, until one is right; then `done` gets what the server answered.
 * `trust`: offers to trust this device. `over`: what took too long.
 */
export function askForFactor(panel, { token, factors }, { trust, done, over }) {
  const remembered = h('input', { type: 'checkbox', name: 'trust' })

  async function answer(factor, given) {
    const trustDevice = trust && remembered.checked ? { trustDevice: true } : {}
    try {
      return await ask('/auth/sign-in/continue', { token, factor: factor.id, ...given, ...trustDevice })
    } catch (error) {
      if (error.code === 'TOKEN_EXPIRED') return over()
      // the same refusal as of a wrong password, whatever was wrong
      if (error.code !== 'BAD_CREDENTIALS') throw error
      throw new Error(
        factor.type === 'webauthn'
          ? 'This passkey was not accepted.'
          : 'That code is wrong, or was used before. An app shows a new one every 30 seconds.',
      )
    }
  }

  const finish = async (factor, given) => {
    const answered = await answer(factor, given)
    if (answered) await done(answered)
  }

  async function begin(factor) {
    const { details } = await ask('/auth/sign-in/challenge', { token, factor: factor.id })
    return details
  }

  function passkeyForm(factor) {
    const use = (event) =>
      act(event.currentTarget, async () => {
        const { options } = await begin(factor)
        await finish(factor, { assertion: await usePasskey(options) })
      })
    return h('button', { type: 'button', onclick: use, autofocus: true }, `Use “${factor.name}”`)
  }

  function codeForm(factor) {
    const plain = factor.type === 'recovery_code' ? { inputmode: 'text', autocomplete: 'off' } : {}
    const field = codeField(ASKS[factor.type](factor), { autofocus: true, ...plain })
    const submit = (event) => {
      event.preventDefault()
      act(event.submitter, () => finish(factor, { code: field.querySelector('input').value.trim() }))
    }
    const again = (event) =>
      act(event.currentTarget, async () => {
        await begin(factor)
        tell('Another code is on its way.')
      })
    return h(
      'form',
      { onsubmit: submit },
      field,
      h('button', {}, 'Continue'),
      SENT.has(factor.type) && h('button', { type: 'button', class: 'link', onclick: again }, 'Send another'),
    )
  }

  async function choose(factor) {
    complain('')
    const others = factors.filter(({ id }) => id !== factor.id)
    const ways = others.map((other) =>
      h('button', { type: 'button', class: 'quiet slim', onclick: () => act(null, () => choose(other)) }, other.name),
    )
    panel.replaceChildren(
      ...[
        factor.type === 'webauthn' ? passkeyForm(factor) : codeForm(factor),
        trust && h('label', { class: 'check' }, remembered, ' Trust this device for 30 days'),
        ways.length > 0 &&
          h(
            'div',
            { class: 'others' },
            h('p', { class: 'small' }, 'Another way:'),
            h('div', { class: 'acts start' }, ways),
          ),
      ].filter(Boolean),
    )
    panel.querySelector('[autofocus]')?.focus()
    if (SENT.has(factor.type)) await begin(factor)
  }

  return act(null, () => choose(factors[0]))
}
