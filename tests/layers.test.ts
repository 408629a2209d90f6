import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from '@jest/globals'

const lib = join(import.meta.dirname, '../lib')

// The floors of the house, from the ground up: a file may import what stands on its own floor or below it.
const floors: RegExp[][] = [
  [
    /^internal\/(?!(import-string|import-errors|log)\.ts)/,
    /^http\/(headers|multidict|cookies|html|dates|request\/(query|settings))\.ts$/,
    /^ext\/session\/cookies\/signing\.ts$/,
  ],
  [
    /^app\/(context|config|config-sections|ending)\.ts$/,
    /^internal\//,
    /^routing\/(rule|bind|converters|types|numbers|quote|parse|builder|matcher\/rule-part|matcher\/linear-matcher)\.ts$/,
    /^datastore\//,
  ],
  [/^http\//],
  [/^routing\//],
  [/^app\/(globals|hooks)\.ts$/, /^ext\//],
  [/^app\.ts$/, /^app\//],
  [/^make-app\.ts$/, /^server\//, /^testing\//, /^dev\//],
  [/^index\.ts$/, /^cli\//],
]

function floorOf(file: string): number {
  return floors.findIndex((patterns) => patterns.some((pattern) => pattern.test(file)))
}

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

/** What a file imports of lib/ when it runs: imports of types alone are gone by then. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(lib, file), 'utf8')
  const found = text.matchAll(
    /^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'(\.[^'$]+)'|\bimport\('(\.[^']+)'\)|^import '(\.[^']+)'/gm,
  )
  return [...found].map(([, from, lazy, bare]) => relative(lib, join(lib, dirname(file), (from ?? lazy ?? bare)!)))
}

test('every file of lib/ stands on a floor', () => {
  expect(files.filter((file) => floorOf(file) === -1)).toEqual([])
})

test('an import only ever points down', () => {
  const up = files.flatMap((file) =>
    importsOf(file)
      .filter((other) => floorOf(other) > floorOf(file))
      .map((other) => `${file} (floor ${floorOf(file)}) imports ${other} (floor ${floorOf(other)})`),
  )
  expect(up).toEqual([])
})

test('each file begins with why it exists', () => {
  const silent = files.filter((file) => !/^(#!.*\n)?(\/\/|\/\*\*) \S/.test(readFileSync(join(lib, file), 'utf8')))
  expect(silent).toEqual([])
})

test('no two files need each other to run', () => {
  const circles: string[] = []
  const done = new Set<string>()
  function visit(file: string, path: string[]): void {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (done.has(file) || path.includes(file)) return
    for (const other of importsOf(file)) visit(other, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})
