// Says which licences the packages have that come with tipfy, and fails for one that an application could not take on.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const permissive = /^(?:MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0)$/

const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
const counts = new Map()
const refused = []
for (const [path, { dev, devOptional, optional, license }] of Object.entries(packages)) {
  if (path === '' || dev || devOptional || optional || !path.startsWith('node_modules/')) continue
  const own = license ?? JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')).license
  const choices = String(own?.type ?? own)
    .replace(/[()]/g, '')
    .split(/ OR /)
  counts.set(choices[0], (counts.get(choices[0]) ?? 0) + 1)
  if (!choices.some((one) => one.split(/ AND /).every((part) => permissive.test(part)))) refused.push(`${path}: ${own}`)
}
console.log([...counts].map(([licence, count]) => `${licence} ${count}`).join(', '))
if (refused.length > 0) {
  console.error(`Not among the permissive licences:\n${refused.join('\n')}`)
  process.exit(1)
}
