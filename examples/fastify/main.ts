// npm run demo:fastify: the notes of two tenants, on Fastify.

import { serve } from '../notes/serve.ts'
import { createApp } from './app.ts'

await serve('Fastify', 'npm run demo:fastify', async (demo) => {
  const app = createApp(demo)
  await app.ready()
  return app.server
})
