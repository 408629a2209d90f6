import { spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { LineWriter } from '../../lib/internal/line-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'tipfy-lines-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Everything that can be read from a pipe now. */
function readAll(fd: number): string {
  const chunk = Buffer.alloc(65_536)
  let text = ''
  for (;;) {
    try {
      text += chunk.toString('latin1', 0, readSync(fd, chunk))
    } catch {
      return text
    }
  }
}

test('lines for a pipe whose reader is stuck wait, then are dropped and counted; no line is cut', () => {
  const fifo = join(folder, 'fifo')
  spawnSync('mkfifo', [fifo])
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const writing = openSync(fifo, constants.O_WRONLY)
  const losses: string[] = []
  const writer = new LineWriter(writing, {
    lossLine: (lines) => `lost ${lines}\n`,
    onLoss: (code) => losses.push(code),
  })
  const line = `${'x'.repeat(999)}\n`
  for (let at = 0; at < 2000; at++) writer.write(line)
  expect(losses).toEqual(['EAGAIN'])

  let text = ''
  for (let before = -1; before < text.length; ) {
    before = text.length
    text += readAll(reader)
    writer.flush()
  }
  const lines = text.split('\n').slice(0, -1)
  const lost = Number(/^lost (\d+)$/.exec(lines.at(-1)!)![1])
  expect(lost).toBeGreaterThan(500)
  expect(lines.length - 1 + lost).toBe(2000)
  expect(new Set(lines.slice(0, -1))).toEqual(new Set(['x'.repeat(999)]))

  writer.write('one more\n')
  expect(readAll(reader)).toBe('one more\n')
  closeSync(reader)
  writer.write('nobody reads\n')
  expect(losses).toEqual(['EAGAIN', 'EPIPE'])
  closeSync(writing)
})

test('lines for a full disk are dropped and counted', () => {
  const full = openSync('/dev/full', 'w')
  const losses: string[] = []
  const writer = new LineWriter(full, { onLoss: (code) => losses.push(code) })
  for (let at = 0; at < 10; at++) writer.write('a line\n')
  expect(losses).toEqual(['ENOSPC'])
  closeSync(full)
})

test('lines are gathered up to the size of a batch', () => {
  const file = join(folder, 'batch')
  const fd = openSync(file, 'w')
  const writer = new LineWriter(fd, { batchSize: 30 })
  writer.write('ten bytes\n')
  writer.write('ten bytes\n')
  expect(readFileSync(file, 'utf8')).toBe('')
  for (let at = 0; at < 2; at++) writer.write('ten bytes\n')
  expect(readFileSync(file, 'utf8')).toBe('ten bytes\n'.repeat(4))
  writer.write('the end\n')
  writer.flush()
  expect(readFileSync(file, 'utf8')).toMatch(/the end\n$/)
  closeSync(fd)
})
