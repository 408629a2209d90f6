// Prints what CHANGELOG.md says of the version in package.json: the notes of its release. Fails where there is nothing to
// release: the heading has no date yet, or the tag (the one argument) is another version's. `node tools/release-notes.js v0.1.0`
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const sections = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m).slice(1)
const section = sections.find((text) => text.split(/\s/)[0] === version)

function fail(what) {
  console.error(what)
  process.exit(1)
}

const [, , tag] = process.argv
if (tag !== undefined && tag !== `v${version}`)
  fail(`The tag is ${tag}, and package.json says ${version}. Remedy: npm version, which sets both.`)
if (section === undefined)
  fail(`CHANGELOG.md has no section of ${version}. Remedy: write one, headed "## ${version} (YYYY-MM-DD)".`)
const [heading, ...lines] = section.split('\n')
if (!/^\S+ \(\d{4}-\d\d-\d\d\)$/.test(heading))
  fail(`CHANGELOG.md says "${heading}". Remedy: head it "${version} (YYYY-MM-DD)", the day of the release.`)
console.log(lines.join('\n').trim())
