import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { freePort } from '../support/memcached.ts'
import { bin, type Files, project, removeProjects, tipfy } from '../support/project.ts'

const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']
const env = { ...process.env, NODE_OPTIONS: '' }

afterAll(removeProjects)

const stored: Files = {
  'config.ts': `export const config = {
  tipfy: { dev: true, hooks: { posInitApp: ['tipfy/ext/session:setDatastoreSession'] } },
  'tipfy/ext/session': { secretKey: process.env.SECRET_KEY },
}
`,
}
const key = { SECRET_KEY: 'only for tests: 0123456789 abcdefghijk' }

describe('where something listens already', () => {
  const taken = createServer()
  let port = 0
  beforeAll(async () => {
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    port = (taken.address() as AddressInfo).port
  })
  afterAll(() => {
    taken.close()
  })

  test.each([
    ['serve'],
    ['serve --workers 2'],
    ['dev'],
    ['datastore --memory'],
  ])('`tipfy %s` names another port', async (command) => {
    const { status, stdout, stderr } = await tipfy([...command.split(' '), '--port', String(port)], { cwd: project() })
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `tipfy: Port ${port} on 127.0.0.1 is in use. Stop the program that uses it, or choose another port: --port ${port + 1}.\n`,
    })
  })
})

test.concurrent.each([
  [
    ['serve'],
    { PORT: 'http' },
    'The environment variable PORT is "http", which is no port number. Set PORT to a number from 0 to 65535, or use --port 8080.',
  ],
  [
    ['dev'],
    { PORT: '99999' },
    'The environment variable PORT is "99999", which is no port number. Set PORT to a number from 0 to 65535, or use --port 8080.',
  ],
  [
    ['serve', '--port', '0', '--host', '203.0.113.7'],
    {},
    'This machine has no address 203.0.113.7 to listen on. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses.',
  ],
])('`tipfy %j` with %j says what is wrong with it', async (args, env, told) => {
  const { status, stdout, stderr } = await tipfy(args, { cwd: project(), env: { ...env } })
  expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: `tipfy: ${told}\n` })
})

test.concurrent.each([
  'serve',
  'dev',
  'routes',
  'check',
  'sessions ls',
])('`tipfy %s` where there is no application says how to make one', async (command) => {
  const cwd = project()
  rmSync(join(cwd, 'config.ts'))
  const { status, stdout, stderr } = await tipfy(command.split(' '), { cwd })
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: '',
    stderr: `tipfy: There is no config.ts (or .js, .mjs) in ${cwd}. Run this in the folder of an application, or make one: npx tipfy init my-shop\n`,
  })
})

test.concurrent.each([
  'serve',
  'dev',
  'sessions ls',
])('`tipfy %s` where a file stands in the place of .tipfy says so', async (command) => {
  const cwd = project({ ...stored, '.tipfy': '' })
  for (const env of [{}, key]) {
    const { status, stdout, stderr } = await tipfy(command.split(' '), { cwd, env })
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: `tipfy: The folder ${cwd}/.tipfy cannot be used: there is a file of that name. Let this user write there, or choose another folder: dataFolder of 'tipfy/ext/session' (--data for a command).\n`,
    })
  }
})

test.concurrent('a Datastore that is no database is told', async () => {
  const cwd = project({ ...stored, '.tipfy/datastore.sqlite': 'x'.repeat(5000) })
  const { status, stderr } = await tipfy(['serve', '--port', '0'], { cwd, env: key })
  expect(stderr).toContain(`The folder ${cwd}/.tipfy cannot be used: datastore.sqlite is no database.`)
  expect({ status, lines: stderr.split('\n').length }).toEqual({ status: 1, lines: 2 })
})

// Whoever runs the tests as root can give the child another user; others take away their own right.
test.concurrent('no right to write .tipfy is told', async () => {
  const cwd = project(stored)
  const root = process.getuid?.() === 0
  mkdirSync(join(cwd, '.tipfy'))
  writeFileSync(join(cwd, '.tipfy/keep'), '')
  if (root) chownSync(join(cwd, '.tipfy'), 0, 0)
  chmodSync(join(cwd, '.tipfy'), 0o555)
  chmodSync(cwd, 0o755)
  const code = `import { makeDataFolder } from '${join(import.meta.dirname, '../../lib/internal/data-folder.ts')}'
if (${root}) process.setuid(65534)
const { tipfy } = { tipfy: makeDataFolder }
try { tipfy('${cwd}/.tipfy') } catch (error) { console.log(error.message) }
`
  writeFileSync(join(cwd, 'try.ts'), code)
  const { run } = await import('../support/project.ts')
  const { stdout } = await run(join(cwd, 'try.ts'), [], { cwd })
  expect(stdout).toMatch(`The folder ${cwd}/.tipfy cannot be used: this user may not write there.`)
})

describe('where nobody reads what is printed', () => {
  test.each([['routes'], ['check'], ['openapi'], ['--help']])('`tipfy %s` ends as usual', async (command) => {
    const child = spawn(process.execPath, [...flags, bin, command], {
      cwd: project(),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    let errors = ''
    child.stderr.on('data', (text) => (errors += text))
    expect(await once(child, 'close')).toEqual([0, null])
    expect(errors).toBe('')
  })

  test.each([['serve'], ['datastore --memory']])('`tipfy %s` serves', async (command) => {
    const port = await freePort()
    const args = [...command.split(' '), '--port', `${port}`]
    const child = spawn(process.execPath, [...flags, bin, ...args], {
      cwd: project(),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.destroy()
    child.stderr.destroy()
    for (let served = 0; served < 20; ) {
      const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => null)
      if (response !== null) {
        await response.text()
        served++
      } else expect(child.exitCode).toBeNull()
    }
    child.kill()
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
