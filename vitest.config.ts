import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL('.', import.meta.url)) + path

export default defineConfig({
  plugins: [
    {
      name: 'sql-as-text',
      enforce: 'pre',
      load(id) {
        if (id.endsWith('.sql')) return `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`
        return undefined
      },
    },
  ],
  resolve: {
    alias: [
      // what imports the package by its name sees the sources, as every other test does
      { find: /^freehold$/, replacement: source('src/index.ts') },
      { find: /^freehold\/migrations$/, replacement: source('src/migrations/index.ts') },
      { find: /^freehold\/(.+)$/, replacement: source('src/adapters/$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/global.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default', source('scripts/closing-line.ts')],
  },
})
