// The secret of an authenticator app: as a QR code, and to be typed.

import { h } from './dom.mjs'

export async function secretShown({ secret, uri }) {
  const [{ generate }, { toSvg }] = await Promise.all([import('lean-qr'), import('lean-qr/extras/svg')])
  const code = toSvg(generate(uri), document, { on: '#000', off: '#fff', pad: 3 })
  code.setAttribute('role', 'img')
  code.setAttribute('aria-label', 'QR code of the secret that is written below')
  code.classList.add('qr')
  const spaced = secret.match(/.{1,4}/g).join(' ')
  return [
    h('p', { class: 'soft' }, 'Scan this with your app, or type the secret in. It is shown this once.'),
    code,
    h('p', { class: 'secret' }, h('code', { 'data-secret': secret }, spaced)),
  ]
}
