// npm run demo: the notes of two tenants, on Hono.

import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { serve } from '../notes/serve.ts'
import { createApp } from './app.ts'

await serve('Hono', 'npm run demo', (demo) =>
  createServer(getRequestListener(createApp(demo).fetch, { overrideGlobalObjects: false })),
)
