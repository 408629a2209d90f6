import { describe, expect, test } from '@jest/globals'
import { cacheServers } from '../../../../lib/ext/session/config/cache-servers.ts'

const read = (cache: string | readonly string[] | null, memcache: string | readonly string[] | null = null) =>
  cacheServers({ cache, memcache })
const valkey = { kind: 'valkey', tls: false, port: 6379, username: null, database: 0 }
const memcached = { kind: 'memcached', tls: false, port: 11_211, username: null, database: 0 }

describe('the servers of the cache', () => {
  test.each<[string | readonly string[], object[]]>([
    ['valkey://cache', [{ ...valkey, host: 'cache' }]],
    ['redis://10.0.0.3:6380', [{ ...valkey, host: '10.0.0.3', port: 6380 }]],
    ['valkeys://cache', [{ ...valkey, tls: true, host: 'cache' }]],
    ['rediss://ann%40x@[::1]:1/2', [{ ...valkey, tls: true, host: '::1', port: 1, username: 'ann@x', database: 2 }]],
    [
      ['valkey://a', 'redis://b:1'],
      [
        { ...valkey, host: 'a' },
        { ...valkey, host: 'b', port: 1 },
      ],
    ],
    [
      'memcached://a:1,b',
      [
        { ...memcached, host: 'a', port: 1 },
        { ...memcached, host: 'b' },
      ],
    ],
    ['', []],
    [' \n', []],
    [' valkey://a\n', [{ ...valkey, host: 'a' }]],
    ['valkey://a:65535', [{ ...valkey, host: 'a', port: 65_535 }]],
    [
      ['valkey://a/0', 'valkey://a/1'],
      [
        { ...valkey, host: 'a' },
        { ...valkey, host: 'a', database: 1 },
      ],
    ],
  ])('are read from %j', (cache, servers) => {
    expect(read(cache)).toEqual(servers)
  })

  test('are read from `memcache` as well', () => {
    expect(read(null, 'a:1, [::1]')).toEqual([
      { ...memcached, host: 'a', port: 1 },
      { ...memcached, host: '::1' },
    ])
    expect(read(null, ['a', 'b'])).toHaveLength(2)
    expect(read(null)).toEqual([])
  })
})

test.each<[string | readonly string[], string]>([
  ['10.0.0.3:6379', 'valkey://10.0.0.3:6379'],
  ['http://cache', 'valkey://'],
  ['valkey://', 'valkey://'],
  ['valkey://a b', 'valkey://'],
  ['valkey://a:65536', 'valkey://'],
  ['valkey://a:0', 'valkey://'],
  ['memcached://a,b:00', 'memcached://'],
  ['valkey://a,', 'valkey://'],
  ['valkey://[12:34]', 'valkey://'],
  ['valkey://[10.0.0.3]', 'valkey://'],
  ['valkey://a,a', 'servers that differ'],
  ['memcached://a,b:1,A:11211', 'servers that differ'],
  [['valkey://a', 'redis://x@a:6379/0'], 'servers that differ'],
  ['valkey://a/x', 'valkey://'],
  ['memcached://a/1', 'an address without a database'],
  [['valkey://a', 'memcached://b'], 'servers of one kind'],
  [['valkey://a', 'valkeys://b'], 'servers of one kind'],
])('%j stops the start, and says what is wanted', (cache, wanted) => {
  expect(() => read(cache)).toThrow(expect.objectContaining({ code: 'TIPFY_E_SESSION_CONFIG' }))
  expect(() => read(cache)).toThrow(wanted)
})

test.each([
  'valkey://ann:hush@cache',
  'valkey://:hush@cache',
  'ann:hush@cache',
  'valkeys://a:hu:sh@cache:1/2',
  'valkey://cache?password=hush',
])('a password in %j is rejected without being shown', (cache) => {
  expect(() => read(cache)).toThrow('cachePassword')
  expect(() => read(cache)).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/hu:?sh/) }))
})

test('what follows a # is not shown', () => {
  expect(() => read('valkey://cache#hush')).toThrow(
    expect.objectContaining({ message: expect.not.stringMatching(/hush/) }),
  )
})

test('a server that `memcache` names twice stops the start', () => {
  expect(() => read(null, 'a,b,a')).toThrow('`memcache` is "a:11211 twice"')
})

test('`cache` and `memcache` at once are rejected', () => {
  expect(() => read('valkey://a', 'b')).toThrow('left out where `cache` is set')
})
