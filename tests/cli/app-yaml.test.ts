import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { tipfy } from '../support/project.ts'

const folder = mkdtempSync(join(tmpdir(), 'tipfy-yaml-'))
afterAll(() => rmSync(folder, { recursive: true }))

// The keys that gcloud's own check (appinfo.py) accepts for the standard environment.
const known: Record<string, RegExp | Record<string, RegExp>> = {
  runtime: /^nodejs(?:22|24|26)$/,
  entrypoint: /^\S.*$/,
  instance_class: /^[FB][124]$|^F4_1G$/,
  service: /^[a-z\d-]{1,63}$/,
  automatic_scaling: {
    min_instances: /^\d+$/,
    max_instances: /^\d+$/,
    min_idle_instances: /^\d+$/,
    max_idle_instances: /^\d+$/,
    max_concurrent_requests: /^\d+$/,
    target_cpu_utilization: /^0\.\d+$/,
  },
}
const text = /^(?:'[^']*'|[A-Za-z][\w.-]*)$/

/** The settings by their path: those of YAML that are a name and a value, or a name and settings of its own. */
function settings(yaml: string): [path: string[], value: string][] {
  const found: [string[], string][] = []
  let above = ''
  for (const line of yaml.split('\n')) {
    if (/^\s*(?:#.*)?$/.test(line)) continue
    const [, indent, name, value] = /^( {2})?(\w+):(?: (.+))?$/.exec(line) ?? [line]
    expect([line, name]).toEqual([line, expect.any(String)])
    if (indent === undefined) above = name!
    if (value !== undefined) found.push([indent === undefined ? [name!] : [above, name!], value])
  }
  return found
}

function check(yaml: string): void {
  const all = settings(yaml)
  expect(all.map(([path]) => path.join())).toEqual(expect.arrayContaining(['runtime', 'entrypoint']))
  for (const [[name = '', below = ''], value] of all) {
    if (name === 'env_variables') {
      expect([name, below, value]).toEqual([name, expect.stringMatching(/^[A-Z_]+$/), expect.stringMatching(text)])
      continue
    }
    const rule = known[name]
    const wanted = rule instanceof RegExp ? rule : rule?.[below]
    expect([name, below, wanted]).toEqual([name, below, expect.any(RegExp)])
    expect([name, below, value]).toEqual([name, below, expect.stringMatching(wanted!)])
  }
  const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> }
  const [, program] = /^entrypoint: node_modules\/\.bin\/(\S+) serve$/m.exec(yaml) ?? []
  expect(Object.keys(bin)).toContain(program)
}

describe('app.yaml says only what App Engine knows', () => {
  test.each(['cookie', 'datastore'])('in a new project with %s sessions', async (sessions) => {
    await tipfy(['init', sessions, '--sessions', sessions], { cwd: folder })
    check(readFileSync(join(folder, sessions, 'app.yaml'), 'utf8'))
  })

  test('in the documentation', () => {
    const [, yaml] = /```yaml\n(# app\.yaml\n[^`]+)```/.exec(readFileSync('docs/deploying.md', 'utf8')) ?? []
    check(yaml!)
  })
})
