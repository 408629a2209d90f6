import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { encodeCommand, type Reply, ReplyError, ReplyReader } from '../../../../lib/ext/session/cache/resp.ts'

const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ' '))
const reply: fc.Arbitrary<Reply> = fc.oneof(
  line,
  fc.integer(),
  fc.constant(null),
  line.map((text) => new ReplyError(`ERR ${text}`)),
)
const bulk = fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => text.isWellFormed())

function bytesOf(one: Reply | { bulk: string }): string {
  if (one === null) return '$-1\r\n'
  if (typeof one === 'number') return `:${one}\r\n`
  if (typeof one === 'string') return `+${one}\r\n`
  if (one instanceof ReplyError) return `-${one.message}\r\n`
  return `$${Buffer.byteLength(one.bulk)}\r\n${one.bulk}\r\n`
}

test('replies are the same whatever pieces they come in', () => {
  const replies = fc.array(fc.oneof(reply, fc.record({ bulk })), { maxLength: 12 })
  fc.assert(
    fc.property(replies, fc.array(fc.nat(400)), (all, cuts) => {
      const bytes = Buffer.from(all.map(bytesOf).join(''))
      const reader = new ReplyReader()
      const read: Reply[] = []
      let at = 0
      for (const cut of [...cuts.map((size) => at + size), bytes.length]) {
        if (cut <= at) continue
        read.push(...reader.push(bytes.subarray(at, cut)))
        at = cut
      }
      expect(read).toEqual(
        all.map((one) => (typeof one === 'object' && one !== null && 'bulk' in one ? one.bulk : one)),
      )
    }),
  )
})

test('what is no reply is an error and never a wait', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      const reader = new ReplyReader()
      try {
        for (const byte of bytes) reader.push(Buffer.of(byte))
      } catch (error) {
        expect((error as Error).message).toMatch(/does not speak RESP2|its reply is of/)
      }
    }),
    { numRuns: 1000 },
  )
  for (const text of [
    'HTTP/1.1 400 Bad Request\r\n',
    '$x\r\n',
    '$-2\r\n',
    ':\r\n',
    ':1e3\r\n',
    '$3\r\nabcdef\r\n',
    '*1\r\n',
  ]) {
    expect(() => new ReplyReader().push(Buffer.from(text))).toThrow(/does not speak RESP2|its reply is of/)
  }
  expect(() => new ReplyReader().push(Buffer.from('$99999999999\r\n'))).toThrow('its reply is of 99999999999 bytes')
  expect(() => new ReplyReader().push(Buffer.alloc(20_000, 0x2b))).toThrow('a line of its reply is too long')
})

test('a large reply in many pieces is put together once', () => {
  const value = 'x'.repeat(4_000_000)
  const bytes = Buffer.from(`$${value.length}\r\n${value}\r\n`)
  const concat = Buffer.concat
  let copied = 0
  Buffer.concat = (list, length) => {
    copied += length ?? 0
    return concat(list, length)
  }
  try {
    const reader = new ReplyReader()
    const read: Reply[] = []
    for (let at = 0; at < bytes.length; at += 1000) read.push(...reader.push(bytes.subarray(at, at + 1000)))
    expect(read).toEqual([value])
    expect(copied).toBeLessThanOrEqual(2 * bytes.length)
  } finally {
    Buffer.concat = concat
  }
})

test('an error tells its code', () => {
  expect(new ReplyError('OOM command not allowed').code).toBe('OOM')
  expect(new ReplyError('what').code).toBe('ERR')
})

test('a command is encoded by bytes, not characters', () => {
  expect(encodeCommand(['SET', 'ä', ''])).toBe('*3\r\n$3\r\nSET\r\n$2\r\nä\r\n$0\r\n\r\n')
})
