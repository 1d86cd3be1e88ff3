import { describe, expect, it } from 'vitest'
import { neverHolds } from '../../../src/core/access/tools/lint-conditions.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')

describe('conditions that can never hold', () => {
  it.each([
    { 'resource.status': 'draft', $and: [{ 'resource.status': 'sent' }] },
    { 'resource.status': { $in: ['a', 'b'], $eq: 'c' } },
    { 'resource.size': { $gt: 5, $lt: 5 } },
    { 'resource.size': { $gte: 6, $lt: 6 } },
    { 'resource.size': { $gt: 5, $lt: 'many' } },
    { 'resource.size': { $eq: 3, $gt: 5 } },
    { 'resource.owner': { $exists: false, $eq: 'x' } },
    { 'principal.status': 'disabled' },
    { 'context.time': { $lt: '2026-01-01T00:00:00Z' } },
    { $or: [{ 'resource.a': { $gt: 2, $lt: 1 } }, { 'principal.status': 'locked' }] },
    { 'resource.ok': 1, $or: [{ 'resource.a': { $gt: 2, $lt: 1 } }] },
  ])('%j is one', (conditions) => {
    expect(neverHolds(conditions, NOW)).toBe(true)
  })

  it.each([
    { 'resource.status': 'draft' },
    { 'resource.status': { $in: ['a', 'b'], $ne: 'a' } },
    { 'resource.size': { $gte: 5, $lte: 5 } },
    { 'resource.size': { $eq: 6, $gt: 5 } },
    { 'resource.owner': { $ref: 'principal.id' }, $and: [{ 'resource.owner': 'x' }] },
    { 'resource.owner': { $exists: false } },
    { 'principal.status': 'active' },
    { 'context.time': { $lt: '2027-01-01T00:00:00Z', $gt: '2020-01-01T00:00:00Z' } },
    { $or: [{ 'resource.a': { $gt: 2, $lt: 1 } }, { 'resource.a': 1 }] },
    { $not: { 'resource.a': 1 } },
  ])('%j is not', (conditions) => {
    expect(neverHolds(conditions, NOW)).toBe(false)
  })
})
