// What can be done in this product, and what the roles that every tenant has hold of it.

import { definePermissions } from 'freehold'

export const permissions = definePermissions(
  { note: ['read', 'write', 'delete'] },
  {
    roles: {
      admin: ['note:read', 'note:write', 'note:delete'],
      member: ['note:read', 'note:write'],
      viewer: ['note:read'],
    },
  },
)

export type Permission = (typeof permissions.names)[number]

/** What members hold beside that, in each tenant: they may delete what they wrote themselves. */
export const ownNotes = {
  resource: 'note',
  actions: ['delete'],
  conditions: { 'resource.author_id': { $ref: 'principal.id' } },
} as const
