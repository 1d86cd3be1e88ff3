// base64url without padding (RFC 4648, section 5), canonical only: one text for each sequence of bytes, so that a
// token or cursor cannot be dressed up as another one.

/** Bytes -> base64url without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/**
 * base64url -> bytes; undefined for anything that `encodeBase64url` does not answer: padding, white space, the
 * characters `+` and `/`, a length of 4n+1, trailing bits that are not zero, and what is no string at all.
 */
export function decodeBase64url(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined
  // Buffer reads leniently; what does not come back as it was is not canonical
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
