// The package's version, as the ledger notes it beside each migration; a test compares it with package.json.

export const VERSION = '0.1.0'
