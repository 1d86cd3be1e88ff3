// npm run demo:express: the notes of two tenants, on Express.

import { createServer } from 'node:http'
import { serve } from '../notes/serve.ts'
import { createApp } from './app.ts'

await serve('Express', 'npm run demo:express', (demo) => createServer(createApp(demo)))
