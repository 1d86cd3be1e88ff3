// freehold/memory: a storage in this process, and the plainest statement of what a storage does.

export type { MemoryDb } from './host-db.ts'
export { type MemoryOptions, memory } from './storage.ts'
