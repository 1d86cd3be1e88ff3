// Elements made from JavaScript. Text stays text: nothing that somebody wrote becomes HTML.

/** `h('button', { class: 'quiet', onclick: go }, 'Go')`; what is false or null is left out. */
export function h(name, properties, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === false || value === null || value === undefined) continue
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== false && child !== null && child !== undefined))
  return element
}

/** A label around its field. */
export function field(label, properties, hint) {
  return h(
    'label',
    {},
    label,
    ' ',
    h('input', { required: true, ...properties }),
    hint && h('span', { class: 'small' }, hint),
  )
}

/** Six or eight digits that somebody was sent, or reads from a device. */
export function codeField(label = 'Code', properties = {}) {
  const digits = { inputmode: 'numeric', autocomplete: 'one-time-code', class: 'code', name: 'code' }
  return field(label, { ...digits, ...properties })
}

/** What was typed into a form, by name; as it was typed, since a space may belong to a password. */
export const typed = (form) => Object.fromEntries(new FormData(form))

/** The same, with what choices marked `data-part` say: a part of the request each, as JSON. */
export function requested(form) {
  const parts = [...form.querySelectorAll('[data-part]')].map(({ value }) => JSON.parse(value))
  return Object.assign(typed(form), ...parts)
}

/** A heading takes the focus when what is under it has changed, so that a screen reader goes on from there. */
export function show(panel, heading, ...children) {
  const title = h('h1', { tabindex: '-1' }, heading)
  // who has begun is not somebody else any more
  document.querySelector('[data-people]')?.remove()
  panel.replaceChildren(title, ...children.flat().filter(Boolean))
  const first = panel.querySelector('[autofocus]') ?? title
  first.focus()
}
