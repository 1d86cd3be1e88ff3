// Connection URLs, part by part. Imports nothing, so that the benchmarks and scripts may use it without a bundler.

export function withUrl(
  base: string,
  parts: { readonly user?: string; readonly password?: string; readonly database?: string; readonly port?: number },
): string {
  const url = new URL(base)
  if (parts.user !== undefined) url.username = parts.user
  if (parts.password !== undefined) url.password = parts.password
  if (parts.database !== undefined) url.pathname = `/${parts.database}`
  if (parts.port !== undefined) {
    url.hostname = '127.0.0.1'
    url.port = String(parts.port)
  }
  return url.href
}
