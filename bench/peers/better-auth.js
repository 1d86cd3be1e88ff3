// The way to the peer for the rooms of bench/, which do not see this folder's node_modules.

export { betterAuth } from 'better-auth'
export { getMigrations } from 'better-auth/db/migration'
