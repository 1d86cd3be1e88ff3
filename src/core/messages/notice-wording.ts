// What the letters say that tell the owner of an account what was done to it. They name what it was in words of ours, and
// what to do if it was somebody else; nothing in them was typed by whoever did it, but for a new address.

import type { RiskFlag } from '../authentication/risk/flags.ts'
import type { NoticeKind } from '../ports/mailer.ts'
import type { FactorType } from '../storage/authentication-tables.ts'
import { letter } from './letter.ts'
import type { MailText, MessageFacts } from './message.ts'

const NOT_YOU = 'If this was not you, sign in, end your other sessions and choose a new password.'
const NEW_PASSWORD = 'If this was not you, somebody knows your password: choose a new one.'

type Write = (facts: MessageFacts) => MailText

/** One line of what was done, and what to do about it. */
const notice =
  (subject: (name: string) => string, line: (name: string, facts: MessageFacts) => string, then = NOT_YOU): Write =>
  (facts) =>
    letter(facts, { subject: subject(facts.tenant.name), lines: [line(facts.tenant.name, facts), then] })

export const defaultNotices: { readonly [K in NoticeKind]: Write } = {
  'password-changed': notice(
    (name) => `Your password for ${name} was changed`,
    (name) => `Your password for ${name} was changed. Sessions that were open elsewhere were ended.`,
    'If this was not you, choose a new password at once, by the link for a forgotten one.',
  ),
  'email-change-requested': (facts) =>
    letter(facts, {
      subject: `Your address for ${facts.tenant.name} is about to change`,
      lines: [
        `Somebody who is signed in as you asked to change your e-mail address at ${facts.tenant.name} to ${facts.address}.`,
        'It changes when that address is confirmed.',
        NOT_YOU,
      ],
    }),
  'email-changed': notice(
    (name) => `Your address for ${name} was changed`,
    (name, { address }) => `Your e-mail address at ${name} is ${address} now.`,
    'If this was not you, write to the people there at once: this address does not reach your account any more.',
  ),
  'phone-changed': notice(
    (name) => `Your phone number for ${name} was changed`,
    (name, { address }) =>
      address === undefined
        ? `Your phone number at ${name} was removed.`
        : `Your phone number at ${name} ends in ${address.slice(-3)} now.`,
  ),
  'factor-added': notice(
    (name) => `Your account at ${name} has another factor`,
    (name, facts) =>
      `${upper(factorIn(facts))} was added to your account at ${name}. It is asked for when you sign in.`,
  ),
  'factor-removed': notice(
    (name) => `A factor of your account at ${name} was removed`,
    (name, facts) => `${upper(factorIn(facts))} was removed from your account at ${name}.`,
  ),
  'factor-primary': notice(
    (name) => `Another factor is asked for first at ${name}`,
    (name, facts) => `When you sign in to ${name}, ${factorIn(facts)} is asked for first from now on.`,
  ),
  'passkey-added': notice(
    (name) => `Your account at ${name} has another passkey`,
    (name) => `A passkey was added to your account at ${name}. Whoever has it can sign in as you.`,
  ),
  'passkey-removed': notice(
    (name) => `A passkey of your account at ${name} was removed`,
    (name) => `A passkey was removed from your account at ${name}. It signs nobody in any more.`,
  ),
  'recovery-codes-renewed': notice(
    (name) => `You have new recovery codes for ${name}`,
    (name) => `New recovery codes were made for your account at ${name}. Those from before are void.`,
  ),
  'recovery-code-used': notice(
    (name) => `A recovery code was used at ${name}`,
    (name) => `Somebody signed in to your account at ${name} with one of your recovery codes. It works only once.`,
  ),
  'account-locked': notice(
    (name) => `Your account at ${name} is locked`,
    (name) => `Your account at ${name} was locked, and all your sessions were ended.`,
    'Write to the people there to have it unlocked.',
  ),
  'account-deactivated': notice(
    (name) => `Your account at ${name} was given up`,
    (name) => `Your account at ${name} was given up, and all your sessions were ended.`,
    'If this was not you, write to the people there: they can open it again.',
  ),
  'new-device': notice(
    (name) => `A new device at ${name}`,
    (name, { device }) =>
      `Somebody signed in as you at ${name} with a device that was not used before: ${device ?? 'unknown'}.`,
    `If it was you, there is nothing to do. ${NOT_YOU}`,
  ),
  'sign-in-unusual': notice(
    (name) => `An unusual sign-in to ${name}`,
    (name, facts) => `Somebody signs in as you to ${name}, and it is not as you do${because(facts)}.`,
    `If it was you, there is nothing to do. ${NEW_PASSWORD}`,
  ),
  'sign-in-refused': notice(
    (name) => `A sign-in to ${name} was refused`,
    (name, facts) => `Somebody was about to sign in as you to ${name}, and was refused${because(facts)}.`,
    `If it was you, try again from where you usually are. ${NEW_PASSWORD}`,
  ),
  'sign-in-guessed': notice(
    (name) => `Somebody tries to sign in as you to ${name}`,
    (name, facts) =>
      facts.factor === undefined
        ? `Somebody entered wrong passwords for your account at ${name}, one after the other. They did not get in.`
        : `Somebody got past the first step of signing in to your account at ${name}, and failed again and again at the second: ${factorIn(facts)}. They did not get in.`,
    'If this was not you, choose a new password, and add a passkey or another factor.',
  ),
}

const FACTORS: { readonly [T in FactorType | 'recovery_code']: string } = {
  totp: 'an authenticator app',
  hardware_token: 'a hardware token',
  sms: 'codes by text message',
  email: 'codes by e-mail',
  webauthn: 'a passkey',
  recovery_code: 'a recovery code',
}

function factorIn({ factor = 'totp' }: MessageFacts): string {
  return FACTORS[factor]
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

/** What a person can say yes or no to; what is only known of a network is left out. */
const REASONS: { readonly [F in RiskFlag]?: string } = {
  'user-velocity': 'wrong passwords came before',
  'leaked-password': 'your password is known to have leaked elsewhere',
  'new-device': 'the device is new',
  'new-country': 'it comes from another country',
  'impossible-travel': 'it comes from a place too far from where you were before',
  'unusual-hour': 'it is an unusual hour',
  'dormant-account': 'it is the first for a long time',
  automation: 'it looks like a program',
}

/** `: the device is new, it is an unusual hour`, or nothing. */
function because({ reasons = [] }: MessageFacts): string {
  const told = reasons.flatMap((flag) => REASONS[flag] ?? [])
  return told.length === 0 ? '' : `: ${told.join(', ')}`
}
