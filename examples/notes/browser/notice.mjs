// What a page has to say: of failures at once, of success also on the next page.

/** Over a dialog the page itself is out of reach, so a dialog has a place of its own. */
const place = (selector) =>
  [...document.querySelectorAll(`dialog[open] ${selector}`)].at(-1) ?? document.querySelector(selector)

export function complain(text) {
  say('[role=alert]', text)
}

export function tell(text) {
  say('[role=alert]', '')
  say('[data-told]', text)
}

function say(where, text) {
  const element = place(where)
  element.textContent = text
  if (text) element.scrollIntoView({ block: 'nearest' })
}

/** Said once the page has changed. */
export function tellNext(text) {
  if (text) sessionStorage.told = text
}

if (sessionStorage.told) {
  const text = sessionStorage.told
  delete sessionStorage.told
  // a screen reader speaks what changes, not what is there from the start
  setTimeout(() => {
    document.querySelector('[data-told]').textContent = text
  }, 100)
}

/**
 * Runs what a button does: once at a time, and tells what went wrong. True: it worked. The button is not disabled
 * meanwhile: it would lose the focus, which a dialog gives back to it.
 */
export async function act(button, work) {
  if (button?.ariaBusy) return false
  // what was said before is about something else
  tell('')
  if (button) button.ariaBusy = 'true'
  try {
    await work()
    return true
  } catch (error) {
    if (error.name !== 'AbortError') complain(error.message)
    return false
  } finally {
    if (button) button.ariaBusy = null
  }
}
