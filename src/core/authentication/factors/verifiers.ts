// The factors that this installation can check. One that needs a letter or a text message is there where somebody sends it.

import type { Post } from '../../messages/post.ts'
import type { FactorVerifier } from '../factor.ts'
import { hardwareTokenVerifier, totpVerifier } from './otp-verifiers.ts'
import { recoveryCodeVerifier } from './recovery-codes.ts'
import { createSentCodeVerifier } from './sent-code.ts'

export function factorVerifiers(post: Pick<Post, 'mails' | 'texts'>): readonly FactorVerifier[] {
  return [
    totpVerifier,
    hardwareTokenVerifier,
    ...(post.texts ? [createSentCodeVerifier('sms')] : []),
    ...(post.mails ? [createSentCodeVerifier('email')] : []),
    recoveryCodeVerifier,
  ]
}
