import { type MemoryDb, memory } from '../../src/adapters/memory/index.ts'
import type { Storage } from '../../src/core/storage/storage.ts'
import { sitExam } from './sit.ts'

let passedMs = 0
const open = (): Storage<MemoryDb> => memory({ clock: () => Date.now() + passedMs })

sitExam('memory', open().traits, async () => ({
  traits: open().traits,
  open: async () => open(),
  tenant: async () => ({ id: crypto.randomUUID(), location: { database: 'memory', schema: 'freehold' } }),
  async elapse(ms) {
    passedMs += ms
  },
  close: async () => undefined,
}))
