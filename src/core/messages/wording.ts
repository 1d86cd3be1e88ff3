// What letters and text messages say unless the host says it in its own words.

import { good, letter } from './letter.ts'
import type { MailTexts, TextTexts } from './message.ts'
import { defaultNotices } from './notice-wording.ts'

const IGNORE = 'If this was not you, you can ignore this message.'

export const defaultMails: MailTexts = {
  ...defaultNotices,
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
