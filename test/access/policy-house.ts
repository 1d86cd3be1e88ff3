// What tests of policies write: documents that allow everyone to read notes, unless they say otherwise.

import type { PolicyDocument } from '../../src/core/access/policy-document.ts'
import type { House } from './house.ts'

let made = 0
export const key = () => `key-${++made}`

export const saying = (more: Partial<PolicyDocument> = {}): PolicyDocument => ({
  effect: 'allow',
  principals: ['*'],
  actions: ['note:read'],
  resources: ['*'],
  ...more,
})

/** A policy of acme's. */
export const write = ({ acme }: House, document: PolicyDocument, enabled = true) =>
  acme.policies.create({ key: key(), document, enabled })
