// The way to the peers for the rooms of bench/, which do not see this folder's node_modules.

export { createMongoAbility, subject } from '@casl/ability'
export { newEnforcer, newModelFromString, StringAdapter } from 'casbin'
