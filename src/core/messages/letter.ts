// A letter, in plain text and in HTML that comes from the same lines. Neither loads anything from anywhere.

import type { MailText, MessageFacts } from './message.ts'

export interface Wording {
  readonly subject: string
  /** Paragraphs. A link or a code stands after the first. */
  readonly lines: readonly string[]
  /** What the link is called. */
  readonly action?: string
}

export function letter({ link, code }: MessageFacts, { subject, lines, action }: Wording): MailText {
  const [first = '', ...rest] = lines.filter((line) => line !== '')
  const middle = link ?? code
  const text = [first, ...(middle === undefined ? [] : [middle]), ...rest].join('\n\n')
  const shown =
    link !== undefined
      ? [`<a href="${escapeHtml(link)}">${escapeHtml(action ?? link)}</a>`]
      : code !== undefined
        ? [`<b style="font-size:1.5em;letter-spacing:.1em">${escapeHtml(code)}</b>`]
        : []
  const paragraphs = [escapeHtml(first), ...shown, ...rest.map(escapeHtml)].map((line) => `<p>${line}</p>`)
  const html = `<!doctype html>\n<html><body style="font-family:sans-serif">\n${paragraphs.join('\n')}\n</body></html>\n`
  return { subject, text: `${text}\n`, html }
}

/** `It is good for 10 minutes.` */
export function good({ expiresInMs }: MessageFacts, what: string): string {
  return expiresInMs === undefined ? '' : `${what} is good for ${duration(expiresInMs)}.`
}

/** In the largest unit that it is a whole number of. */
function duration(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  const [count, unit] =
    minutes % 1440 === 0 ? [minutes / 1440, 'day'] : minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
