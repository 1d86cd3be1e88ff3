// The browser's passkeys, and what it says when there are none.

const REASONS = {
  NotAllowedError: 'No passkey was used: you cancelled, or it took too long.',
  InvalidStateError: 'This device has a passkey for your account already.',
  NotSupportedError: 'This device cannot make a passkey of the kind that is wanted.',
  SecurityError: 'Passkeys do not work at this address.',
}

export async function createPasskey(options) {
  demandSupport()
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  return inWords(() => navigator.credentials.create({ publicKey }))
}

export async function usePasskey(options) {
  demandSupport()
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  return inWords(() => navigator.credentials.get({ publicKey }))
}

async function inWords(work) {
  try {
    return (await work()).toJSON()
  } catch (error) {
    throw new Error(REASONS[error.name] ?? 'The passkey did not work.')
  }
}

function demandSupport() {
  if (typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === 'function') return
  throw new Error('This browser is too old for passkeys.')
}
