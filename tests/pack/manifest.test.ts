import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '../..')
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))

const manifest = read('package.json') as {
  scripts: Record<string, string>
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  peerDependencies: Record<string, string>
  peerDependenciesMeta: Record<string, { optional?: boolean }>
}
const lock = read('package-lock.json') as { packages: Record<string, { version?: string; link?: boolean }> }

// tipfy uses private members of these: a new version may move them, and their tests have to run first.
const exact = ['@fastify/busboy', 'memjs']

test('an application gets fixes of our dependencies, except of those whose private members we use', () => {
  const exactOnes = Object.entries(manifest.dependencies).filter(([, range]) => /^\d+\.\d+\.\d+$/.test(range))
  expect(exactOnes.map(([name]) => name)).toEqual(exact)
  const others = Object.entries(manifest.dependencies).filter(([name]) => !exact.includes(name))
  expect(others.filter(([, range]) => !/^\^\d+\.\d+\.\d+$/.test(range))).toEqual([])
})

test('the Datastore client is installed by those who use it, in the versions that its private members were tested with', () => {
  const name = '@google-cloud/datastore'
  expect(manifest.peerDependencies).toMatchObject({ [name]: `~${manifest.devDependencies[name]}` })
  expect(manifest.peerDependenciesMeta[name]).toEqual({ optional: true })
})

test('the tools of this repository have exact versions', () => {
  const loose = Object.entries(manifest.devDependencies).filter(
    ([, range]) => !/^(?:\d+\.\d+\.\d+|file:.*)$/.test(range),
  )
  expect(loose).toEqual([])
})

/** Ranges that begin before the version in the lock: OpenTelemetry's SDK 2 takes no later API, and the SDK 3 here no earlier one. */
const wider: Record<string, string> = { '@opentelemetry/api': '1.10.0' }

test('the lock has the version that each range was tested with, and an exact one of everything', () => {
  const tested = Object.entries(manifest.dependencies).map(([name, range]) => [
    name,
    wider[name] ?? range.replace('^', ''),
  ])
  expect(tested.map(([name]) => [name, lock.packages[`node_modules/${name}`]?.version])).toEqual(tested)
  const loose = Object.entries(lock.packages).filter(
    ([path, { version, link }]) => path.startsWith('node_modules/') && !link && !/^\d+\.\d+\.\d+/.test(version ?? ''),
  )
  expect(loose).toEqual([])
})

test('every script runs in a fresh clone: packages are installed before it', () => {
  const names = Object.keys(manifest.scripts).filter((name) => !name.startsWith('pre'))
  expect(names.filter((name) => !manifest.scripts[`pre${name}`]?.startsWith('node tools/setup.js'))).toEqual([])
})
