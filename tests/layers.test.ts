import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from '@jest/globals'

// The floors of lib/, from the top; '.' is lib/ itself. A file imports from its own floor and from those below it.
const floors = ['cli', '.', 'testing', 'dev', 'ext', 'server', 'app', 'routing', 'http', 'datastore', 'internal']
const sessionFloors = ['.', 'device', 'backends', 'cookies', 'repository', 'cache', 'config', 'merge', 'data']

const lib = join(import.meta.dirname, '../lib')
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const floorOf = (path: string, list = floors) => list.indexOf(path.includes('/') ? path.split('/')[0]! : '.')

/** The imports of each file of lib/, types included. */
const imports = new Map<string, string[]>(
  files.map((file) => {
    const text = readFileSync(join(lib, file), 'utf8')
    const found = text.matchAll(
      /^(?:import|export)\b[^'"]*?\bfrom '(\.[^']+)'|\bimport\('(\.[^'$]+)'\)|^import '(\.[^']+)'/gm,
    )
    return [
      file,
      [...found].map(([, from, lazy, bare]) => relative(lib, join(lib, dirname(file), from ?? lazy ?? bare!))),
    ]
  }),
)
const arrows = [...imports].flatMap(([file, others]) => others.map((other) => [file, other] as const))

/** The circles of a graph, each as the path that comes back to where it began. */
function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = []
  const done = new Set<string>()
  function visit(node: string, path: string[]): void {
    if (path.includes(node)) circles.push([...path.slice(path.indexOf(node)), node].join(' -> '))
    if (done.has(node) || path.includes(node)) return
    for (const other of edges.get(node) ?? []) visit(other, [...path, node])
    done.add(node)
  }
  for (const node of edges.keys()) visit(node, [])
  return circles
}

test('every folder of lib/ is a floor', () => {
  expect(files.filter((file) => floorOf(file) === -1)).toEqual([])
})

/** The imports that point up, in a folder with floors of its own. */
function upwards(list: readonly string[], folder: string): string[] {
  const within = arrows.filter((arrow) => arrow.every((file) => file.startsWith(folder)))
  const floor = (file: string) => floorOf(file.slice(folder.length), [...list])
  return within.filter(([file, other]) => floor(other) < floor(file)).map((arrow) => arrow.join(' -> '))
}

test('a file imports only from its own floor and from those below', () => {
  expect(upwards(floors, '')).toEqual([])
  expect(upwards(sessionFloors, 'ext/session/')).toEqual([])
})

test('no file needs itself by way of others, types included', () => {
  expect(circlesOf(imports)).toEqual([])
})

test('no two folders side by side need each other', () => {
  const pairs = new Set(arrows.map(([file, other]) => `${dirname(file)} -> ${dirname(other)}`))
  const both = [...pairs].filter((pair) => {
    const [one, other] = pair.split(' -> ') as [string, string]
    const areNested = one === '.' || `${other}/`.startsWith(`${one}/`) || `${one}/`.startsWith(`${other}/`)
    return !areNested && one < other && pairs.has(`${other} -> ${one}`)
  })
  expect(both).toEqual([])
})

test('each file begins with why it exists', () => {
  const silent = files.filter((file) => !/^(#!.*\n)?(\/\/|\/\*\*) \S/.test(readFileSync(join(lib, file), 'utf8')))
  expect(silent).toEqual([])
})
