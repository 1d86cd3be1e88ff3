// freehold/testing: the exam that every storage adapter sits, and guests that make a host's own tests quick.

export { exam } from './exam/index.ts'
export {
  type Delivered,
  type Delivery,
  type FakeProvider,
  type FakeProviderOptions,
  type Faults,
  fakeProvider,
} from './fake-provider/index.ts'
export type { ExamCase, ExamHarness } from './harness.ts'
export { testHasher } from './hasher.ts'
export { testKeys } from './keys.ts'
export { codeIn, createMailbox, createPhone, type Mailbox, type Phone, tokenIn } from './mailbox.ts'
