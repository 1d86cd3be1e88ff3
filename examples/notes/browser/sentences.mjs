// Refusals in words for people. The code decides, and where nothing better is known, the detail or the title that came with it.

const PASSWORD = {
  'too-short': ({ minimum }) => `This password is too short: ${minimum} characters are the least.`,
  'too-long': ({ maximum }) => `This password is too long: ${maximum} characters are the most.`,
  leaked: () => 'This password was found among leaked ones. Take another.',
  common: () => 'This password is among those that are tried first. Take another.',
  contextual: () => 'This password is too close to your address or to the name of this place. Take another.',
}

const SENTENCES = {
  PASSWORD_REJECTED: (problem) => PASSWORD[problem.reason]?.(problem),
  INPUT_INVALID: ({ field, problem }) => `${field}: ${problem}.`,
  CHALLENGE_REFUSED: () => 'This link or code is wrong, was used, or is too old. Ask for a new one.',
  FACTOR_CODE_WRONG: () => 'That code is wrong, or was used before. An app shows a new one every 30 seconds.',
  LAST_FACTOR: () => 'Without it you could not sign in any more, so it stays.',
  LIMIT_REACHED: ({ limit, maximum }) => `The plan has room for ${maximum} ${limit}, and no more.`,
  SIGN_IN_DENIED: () => 'You cannot sign in this way.',
  PASSKEY_REFUSED: () => 'This passkey was not accepted.',
  EMAIL_TAKEN: () => 'Somebody here has this address already.',
}

export function sentence(problem) {
  const said =
    SENTENCES[problem.code]?.(problem) ?? problem.detail ?? `${problem.title ?? 'The server cannot be reached'}.`
  const { retryAfterMs } = problem
  return retryAfterMs ? `${said} Try again in ${Math.ceil(retryAfterMs / 1000)} s.` : said
}
