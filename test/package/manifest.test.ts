// package.json says what the list of entry points says, and the lockfile can be installed anywhere.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { entryPoints, program } from '../../scripts/entries.ts'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'))

describe('package.json', () => {
  it('exports every entry point, in both module systems, with types for each', () => {
    const wanted = Object.fromEntries(
      entryPoints.map(({ subpath, output }) => [
        subpath,
        {
          import: { types: `./dist/${output}.d.ts`, default: `./dist/${output}.js` },
          require: { types: `./dist/${output}.d.cts`, default: `./dist/${output}.cjs` },
        },
      ]),
    )
    expect(manifest.exports).toEqual({ ...wanted, './package.json': './package.json' })
    expect(manifest.bin).toEqual({ freehold: `./dist/${program.output}.js` })
  })

  it('pins what it installs here exactly', () => {
    const ranges = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)),
    )
    expect(ranges).toEqual([])
  })

  it('has every peer optional, and here to be tested', () => {
    for (const peer of Object.keys(manifest.peerDependencies)) {
      expect(manifest.peerDependenciesMeta[peer], peer).toEqual({ optional: true })
      expect(manifest.devDependencies, peer).toHaveProperty([peer])
    }
  })
})

describe('package-lock.json', () => {
  const packages = Object.entries(lockfile.packages as Record<string, Record<string, unknown>>)

  it('is in step with package.json', () => {
    const root = lockfile.packages['']
    for (const part of ['version', 'dependencies', 'devDependencies', 'peerDependencies', 'engines'])
      expect(root[part], part).toEqual(manifest[part])
  })

  it('names no address to download from', () => {
    expect(packages.filter(([, entry]) => 'resolved' in entry)).toEqual([])
  })

  it('has a version for everything, and a hash for everything that installs here', () => {
    const here = ([place, { optional }]: [string, Record<string, unknown>]) => place !== '' && !optional
    expect(packages.filter((entry) => entry[0] && !entry[1].version)).toEqual([])
    expect(packages.filter((entry) => here(entry) && !entry[1].integrity)).toEqual([])
  })

  it('holds the optional packages of every platform, or npm ci refuses it (scripts/complete-lockfile.ts adds them)', () => {
    const present = new Set(packages.map(([place]) => place.replace(/^.*node_modules\//, '')))
    const missing = packages.flatMap(([, { optionalDependencies = {} }]) =>
      Object.entries(optionalDependencies as Record<string, string>)
        .filter(([name, version]) => /^\d/.test(version) && !present.has(name))
        .map(([name]) => name),
    )
    expect(missing).toEqual([])
  })

  it('has a word in package.json on every install script', () => {
    const scripts = packages
      .filter(([, entry]) => entry.hasInstallScript)
      .map(([place]) => place.replace(/^.*node_modules\//, ''))
    expect(scripts.filter((name) => !(name in manifest.allowScripts))).toEqual([])
  })
})
