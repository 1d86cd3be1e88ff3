// The port to hashes that other systems made. `freehold/legacy-hashes` implements it.

export interface LegacyHashes {
  /**
   * What a hash is, without running it: it can be checked, it costs more than a sign-in may, or it is of no format that is
   * known here.
   */
  read(hash: string): 'known' | 'too-costly' | 'unknown'
  /** Loads what this hash is checked with. @throws PACKAGE_MISSING */
  load(hash: string): Promise<void>
  /** False for a wrong password, and for a hash that is not `known`, which is never run. @throws PACKAGE_MISSING */
  verify(hash: string, password: string): Promise<boolean>
}
