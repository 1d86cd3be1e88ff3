// Recovery codes, shown once: they are nowhere but in this dialog and, as hashes, in the database.

import { openDialog } from './dialog.mjs'
import { h } from './dom.mjs'
import { act, tell } from './notice.mjs'

/** Resolves when the person says that they are kept. */
export async function showRecoveryCodes(codes) {
  const copy = (event) =>
    act(event.currentTarget, async () => {
      await navigator.clipboard.writeText(codes.join('\n'))
      tell('Copied.')
    })
  const file = new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' })
  const url = URL.createObjectURL(file)
  const dialog = openDialog(
    'Keep your recovery codes',
    [
      h(
        'p',
        { class: 'soft' },
        'Each opens your account once, in place of your second factor. They are shown this once.',
      ),
      h(
        'ol',
        { class: 'codes' },
        codes.map((code) => h('li', {}, h('code', {}, code))),
      ),
      h(
        'div',
        { class: 'acts' },
        h('a', { class: 'button quiet', href: url, download: 'recovery-codes.txt' }, 'Save as a file'),
        h('button', { type: 'button', class: 'quiet', onclick: copy }, 'Copy'),
        h('button', { type: 'button', onclick: () => dialog.close() }, 'I have kept them'),
      ),
    ],
    { fixed: true },
  )
  await dialog.closed
  URL.revokeObjectURL(url)
}
