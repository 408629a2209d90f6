// A signal that comes while the application starts: it is not lost, and what has been opened by then is closed.
import { afterEach, expect, test } from '@jest/globals'
import { type Program, startProgram } from '../support/process.ts'
import { bin, project, removeProjects } from '../support/project.ts'

let program: Program
afterEach(async () => {
  await program.end('SIGKILL')
  removeProjects()
})

/** Starts an application whose hook opens something and then waits for `wait`. */
function start(command: string[], wait: string): Program {
  const cwd = project({
    'config.ts': `export const config = {
  tipfy: { dev: ${command[0] === 'dev'}, accessLog: false, shutdownTimeout: 1, hooks: { posInitApp: 'opening:open' } },
}
`,
    'app/opening.ts': `export async function open(app) {
  app.onClose(() => console.log('closed'))
  console.log('opened')
  await ${wait}
  console.log('started')
}
`,
  })
  program = startProgram(bin, [...command, '--port', '0'], {}, cwd)
  return program
}

const aWhile = 'new Promise((resolve) => setTimeout(resolve, 300))'
const forEver = 'new Promise(() => setInterval(() => {}, 1000))'

test.each([
  ['SIGTERM', ['serve']],
  ['SIGINT', ['serve']],
  ['SIGTERM', ['serve', '--workers', '2']],
  ['SIGTERM', ['dev']],
] as const)('%s during the start of %s lets it end, closes what it opened, and leaves with 0', async (signal, command) => {
  const { line, child, ended, errors } = start([...command], aWhile)
  await line(/^opened$/)
  child.kill(signal)
  await Promise.all([line(/^started$/), line(/^closed$/)])
  expect(await ended()).toBe(0)
  expect(errors()).toBe('')
})

test('a start that does not end has as long as requests have to stop', async () => {
  const { line, child, ended } = start(['serve'], forEver)
  await line(/^opened$/)
  child.kill('SIGTERM')
  await line(/^closed$/)
  expect(await ended()).toBe(0)
})

test('a second signal ends it at once', async () => {
  const { line, child, ended } = start(['serve'], forEver)
  await line(/^opened$/)
  child.kill('SIGTERM')
  child.kill('SIGINT')
  expect(await ended()).toBe(1)
})

test('a start that fails after the signal is no failure', async () => {
  const { line, child, ended, errors } = start(['serve'], `${aWhile}\n  throw new Error('too late')`)
  await line(/^opened$/)
  child.kill('SIGTERM')
  await line(/^closed$/)
  expect(await ended()).toBe(0)
  expect(errors()).toBe('')
})
