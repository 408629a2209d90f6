import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { root } from './blocks.ts'

const world = mkdtempSync(join(tmpdir(), 'tipfy-release-'))
mkdirSync(join(world, 'tools'))
cpSync(join(root, 'tools/release-notes.js'), join(world, 'tools/release-notes.js'))
writeFileSync(join(world, 'package.json'), '{ "type": "module", "version": "0.2.0" }')
afterAll(() => rmSync(world, { recursive: true }))

function notes(changelog: string, ...args: string[]) {
  writeFileSync(join(world, 'CHANGELOG.md'), changelog)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/release-notes.js', ...args], {
    cwd: world,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return { status, stdout, stderr }
}

test('the notes of a release are its section of the changelog, and no other', () => {
  const text = '# Changelog\n\n## 0.2.0 (2026-11-25)\n\nNew.\n\n### Breaks\n\n- a\n\n## 0.1.0 (2026-01-01)\n\nOld.\n'
  expect(notes(text, 'v0.2.0')).toEqual({ status: 0, stdout: 'New.\n\n### Breaks\n\n- a\n', stderr: '' })
})

test.each([
  ['a tag of another version', '## 0.2.0 (2026-11-25)\n', 'v0.3.0', 'The tag is v0.3.0, and package.json says 0.2.0.'],
  ['no section', '## 0.1.0 (2026-11-25)\n', 'v0.2.0', 'CHANGELOG.md has no section of 0.2.0.'],
  ['no date', '## 0.2.0 (unreleased)\n', 'v0.2.0', 'CHANGELOG.md says "0.2.0 (unreleased)".'],
])('%s keeps it from being released', (_, changelog, tag, told) => {
  const { status, stdout, stderr } = notes(changelog, tag)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain(told)
})

test('this changelog begins with the version of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  expect(
    readFileSync(join(root, 'CHANGELOG.md'), 'utf8').match(/^## (\S+) \((?:unreleased|\d{4}-\d\d-\d\d)\)$/m)?.[1],
  ).toBe(version)
})
