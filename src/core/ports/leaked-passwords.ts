// The port to a list of passwords that were leaked elsewhere. No password leaves the process, and no whole hash of
// one: only the first 20 bits of its SHA-1, which some thousand other passwords share (k-anonymity).

export interface LeakedPasswords {
  /**
   * What follows these five upper-case hexadecimal digits in the SHA-1 of every leaked password: 35 more digits each, which a
   * colon and how often it was seen may follow. Lines that were seen 0 times are padding. A list that fails, or takes longer
   * than two seconds, stops nobody from signing in; what becomes of a new password then is `passwords.whenLeakListFails`.
   */
  suffixes(prefix: string): Promise<readonly string[]>
}
