import { expect, test } from '@jest/globals'
import { makeLog } from '../../lib/internal/log.ts'

const error = new Error('outer', { cause: new TypeError('inner') })

test('in production a line is JSON, with the whole chain of causes', () => {
  const lines: string[] = []
  makeLog({ dev: false, level: 'info' }, (line) => lines.push(line)).error({ err: error, path: '/x' }, 'failed')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toMatchObject({
    severity: 'ERROR',
    message: 'failed',
    path: '/x',
    err: { message: 'outer', cause: { name: 'TypeError', message: 'inner' } },
  })
})

test('in development it is for a person, with the causes too', () => {
  const lines: string[] = []
  makeLog({ dev: true, level: 'info' }, (line) => lines.push(line)).error({ err: error }, 'failed')
  expect(lines.join('')).toMatch(/^error: failed\nError: outer\n[\s\S]*\[cause\]: TypeError: inner/)
})

test('in development what visitors wrote cannot reach the terminal as an escape sequence', () => {
  const lines: string[] = []
  const log = makeLog({ dev: true, level: 'info' }, (line) => lines.push(line))
  log.error({ err: new Error('no user \x1b[2J\x9b2J'), name: '\x9b31m' }, '\x1b[1mbold\x1b[0m of the application')
  expect(lines[0]).toMatch(
    /^error: \x1b\[1mbold\x1b\[0m of the application name="\\x9b31m"\nError: no user \\x1b\[2J\\x9b2J\n/,
  )
})

test('what is below the level is not written', () => {
  const lines: string[] = []
  const log = makeLog({ dev: true, level: 'warn' }, (line) => lines.push(line))
  log.info('quiet')
  log.warn('loud')
  expect(lines).toEqual(['warn: loud\n'])
})

test('an error alone is logged by its message, with its stack', () => {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  makeLog({ dev: false, level: 'info' }, write).error(error)
  makeLog({ dev: true, level: 'info' }, write).error(error)
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: 'outer', err: { stack: expect.stringContaining('log.test') } })
  expect(lines[1]).toMatch(/^error: outer\nError: outer\n\s+at /)
})
