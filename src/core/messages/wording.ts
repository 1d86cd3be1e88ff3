// What letters and text messages say unless the host says it in its own words. Plain text and HTML come from the same
// lines, and neither loads anything from anywhere.

import type { MailText, MailTexts, MessageFacts, TextTexts } from './message.ts'

interface Wording {
  readonly subject: string
  /** Paragraphs. A link or a code stands after the first. */
  readonly lines: readonly string[]
  /** What the link is called. */
  readonly action?: string
}

const IGNORE = 'If this was not you, you can ignore this message.'
const NOT_YOU = 'If this was not you, sign in, end your other sessions and choose a new password.'

export const defaultMails: MailTexts = {
  'email-verification': (facts) =>
    letter(facts, {
      subject: `Confirm your address for ${facts.tenant.name}`,
      lines: [`Confirm that this is your e-mail address at ${facts.tenant.name}.`, good(facts, 'The link'), IGNORE],
      action: 'Confirm the address',
    }),
  'sign-in-link': (facts) =>
    letter(facts, {
      subject: `Sign in to ${facts.tenant.name}`,
      lines: [`With this link you sign in to ${facts.tenant.name}.`, good(facts, 'It works once. It'), IGNORE],
      action: 'Sign in',
    }),
  'sign-in-code': (facts) =>
    letter(facts, {
      subject: `Your code for ${facts.tenant.name}`,
      lines: [
        `With this code you sign in to ${facts.tenant.name}:`,
        good(facts, 'It'),
        `Nobody from ${facts.tenant.name} will ask you for it. ${IGNORE}`,
      ],
    }),
  'factor-code': (facts) =>
    letter(facts, {
      subject: `Your code for ${facts.tenant.name}`,
      lines: [
        `With this code you confirm that it is you who signs in to ${facts.tenant.name}:`,
        good(facts, 'It'),
        'If this was not you, somebody knows your password: choose a new one.',
      ],
    }),
  'password-reset': (facts) =>
    letter(facts, {
      subject: `Choose a new password for ${facts.tenant.name}`,
      lines: [
        `With this link you choose a new password for ${facts.tenant.name}.`,
        good(facts, 'It works once. It'),
        `${IGNORE} Your password stays as it is.`,
      ],
      action: 'Choose a password',
    }),
  'password-changed': (facts) =>
    letter(facts, {
      subject: `Your password for ${facts.tenant.name} was changed`,
      lines: [
        `Your password for ${facts.tenant.name} was changed, and all your sessions were ended.`,
        'If this was not you, choose a new password at once, by the link for a forgotten one.',
      ],
    }),
  'email-change': (facts) =>
    letter(facts, {
      subject: `Confirm your new address for ${facts.tenant.name}`,
      lines: [
        `Confirm that this is your new e-mail address at ${facts.tenant.name}.`,
        good(facts, 'The link'),
        `${IGNORE} Nothing changes then.`,
      ],
      action: 'Confirm the address',
    }),
  'email-change-requested': (facts) =>
    letter(facts, {
      subject: `Your address for ${facts.tenant.name} is about to change`,
      lines: [
        `Somebody who is signed in as you asked to change your e-mail address at ${facts.tenant.name} to ${facts.address}.`,
        'It changes when that address is confirmed.',
        NOT_YOU,
      ],
    }),
  'email-changed': (facts) =>
    letter(facts, {
      subject: `Your address for ${facts.tenant.name} was changed`,
      lines: [
        `Your e-mail address at ${facts.tenant.name} is ${facts.address} now.`,
        `If this was not you, write to the people at ${facts.tenant.name}.`,
      ],
    }),
  'phone-changed': (facts) =>
    letter(facts, {
      subject: `Your phone number for ${facts.tenant.name} was changed`,
      lines: [
        facts.address === undefined
          ? `Your phone number at ${facts.tenant.name} was removed.`
          : `Your phone number at ${facts.tenant.name} ends in ${facts.address.slice(-3)} now.`,
        NOT_YOU,
      ],
    }),
  'new-device': (facts) =>
    letter(facts, {
      subject: `A new device at ${facts.tenant.name}`,
      lines: [
        `Somebody signed in as you at ${facts.tenant.name} with a device that was not used before: ${facts.device ?? 'unknown'}.`,
        `If it was you, there is nothing to do. ${NOT_YOU}`,
      ],
    }),
  'sign-up': (facts) =>
    letter(facts, {
      subject: `Welcome to ${facts.tenant.name}`,
      lines: [`Go on here to sign up at ${facts.tenant.name}.`, good(facts, 'The link works once. It'), IGNORE],
      action: 'Sign up',
    }),
  'sign-up-known': (facts) =>
    letter(facts, {
      subject: `You have an account at ${facts.tenant.name}`,
      lines: [
        `Somebody tried to sign up at ${facts.tenant.name} with this address. You have an account there already: sign in, or choose a new password if you forgot yours.`,
        IGNORE,
      ],
    }),
  invitation: (facts) =>
    letter(facts, {
      subject: `You are invited to ${facts.tenant.name}`,
      lines: [`You are invited to join ${facts.tenant.name}.`, good(facts, 'The link works once. It')],
      action: 'Accept',
    }),
}

export const defaultTexts: TextTexts = {
  'sign-in-code': ({ tenant, code }) => `${code} is your code to sign in to ${tenant.name}. Tell it to nobody.`,
  'factor-code': ({ tenant, code }) => `${code} is your code for ${tenant.name}. Tell it to nobody.`,
  'phone-change': ({ tenant, code }) => `${code} confirms this number at ${tenant.name}.`,
}

function letter({ link, code }: MessageFacts, { subject, lines, action }: Wording): MailText {
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
function good({ expiresInMs }: MessageFacts, what: string): string {
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
