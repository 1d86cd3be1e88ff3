// The port to a password hash. `freehold/argon2` and `freehold/node-rs-argon2` implement it; their hashes are
// interchangeable PHC strings.

export interface PasswordHasher {
  /** For error messages and `doctor`. */
  readonly name: string
  /** A PHC string with its own salt. */
  hash(password: string): Promise<string>
  /** False for a wrong password and for a hash this hasher cannot read. */
  verify(hash: string, password: string): Promise<boolean>
  /** True when the hash was made with weaker parameters than today's. */
  needsRehash(hash: string): boolean
  /** True for a hash of another system's that `verify` can check. Left out: none can be imported for it. */
  reads?(hash: string): boolean
}
