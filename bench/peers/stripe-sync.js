// The way to the peer for the rooms of bench/, which do not see this folder's node_modules. As CommonJS: as an ES module
// it looks for its migrations by a `__dirname` that is not there.

import { createRequire } from 'node:module'

export const { StripeSync, runMigrations } = createRequire(import.meta.url)('@supabase/stripe-sync-engine')
