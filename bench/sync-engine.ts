// @supabase/stripe-sync-engine as its own documentation sets it up: its migrations, a pool, and what the route of a
// webhook calls.

export interface SyncEngine {
  /** Verifies and writes; done when it is written. @throws for a bad signature */
  processWebhook(payload: Buffer, signature: string): Promise<unknown>
  /** Writes what an event says; done when it is written. */
  processEvent(event: object): Promise<unknown>
  close(): Promise<void>
}

interface Peer {
  StripeSync: new (config: object) => SyncEngine
  /** What goes wrong it tells the logger alone. */
  runMigrations(config: { databaseUrl: string; schema: string; logger: Logger }): Promise<void>
}

interface Logger {
  info(): void
  error(error: unknown): void
}

/**
 * Makes its schema `stripe`, and opens so many connections at most.
 *
 * @param adminUrl its migrations give a function to the role `postgres`
 */
export async function syncEngine(adminUrl: string, secret: string, connections: number): Promise<SyncEngine> {
  const { StripeSync, runMigrations }: Peer = await import(new URL('peers/stripe-sync.js', import.meta.url).href)
  const errors: unknown[] = []
  const logger = { info: () => undefined, error: (error: unknown) => void errors.push(error) }
  await runMigrations({ databaseUrl: adminUrl, schema: 'stripe', logger })
  if (errors.length > 0) throw errors[0]
  return new StripeSync({
    schema: 'stripe',
    stripeSecretKey: 'sk_test_bench',
    stripeWebhookSecret: secret,
    poolConfig: { connectionString: adminUrl, max: connections, min: connections },
  })
}
