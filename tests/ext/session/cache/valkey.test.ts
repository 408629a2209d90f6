import { readFileSync } from 'node:fs'
import { createServer, type Server, Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { memcachedLink } from '../../../../lib/ext/session/cache/memcached.ts'
import { type ValkeyOptions, valkeyLink } from '../../../../lib/ext/session/cache/valkey.ts'
import { freePort, Memcached, memcachedFound } from '../../../support/memcached.ts'
import { certificate, Relay, Valkey, valkeyServers } from '../../../support/valkey.ts'

const opened: { close(): void }[] = []
async function connect(port: number, options: Partial<ValkeyOptions> = {}) {
  const connection = await valkeyLink({ host: '127.0.0.1', port, ...options }).connect(5000)
  opened.push(connection)
  return connection
}

/** The line of a command in the statistics of a server. */
async function stat(server: Valkey, command: string, password?: string): Promise<string> {
  const socket =
    password === undefined ? server.command('INFO', 'commandstats') : server.commandAs(password, 'INFO', 'commandstats')
  return new RegExp(`cmdstat_${command}:(.*)`).exec(String(await socket))?.[1] ?? 'calls=0'
}

afterEach(() => {
  for (const one of opened.splice(0)) one.close()
})

describe.each(valkeyServers)('a connection to %s', (program) => {
  let server: Valkey
  beforeAll(async () => {
    server = await Valkey.start(program)
  })
  afterAll(() => server.kill())

  test('adds, gets, replaces and deletes by check-and-set', async () => {
    const connection = await connect(server.port)
    expect(await connection.get('k')).toBeNull()
    const first = await connection.add('k', 'ä b\r\nc', 10)
    expect(first).not.toBeNull()
    expect(await connection.add('k', 'b', 10)).toBeNull()
    expect(await connection.get('k')).toEqual({ value: 'ä b\r\nc', cas: first })
    const second = await connection.replace('k', 'c', 10, first)
    expect(second).not.toBeNull()
    expect(await connection.replace('k', 'd', 10, first)).toBeNull()
    expect(await connection.delete('k', first)).toBe(false)
    expect(await connection.delete('k', second)).toBe(true)
    expect(await connection.replace('k', 'e', 10, second)).toBeNull()
    expect(await connection.delete('k')).toBe(false)
  })

  test('is kept open while it is idle', async () => {
    const keepAlive = jest.spyOn(Socket.prototype, 'setKeepAlive')
    await connect(server.port)
    expect(keepAlive.mock.calls).toEqual([[true, 30_000]])
    keepAlive.mockRestore()
  })

  test('gets what is there, or adds, in one call', async () => {
    const connection = await connect(server.port)
    const calls = Number(/calls=(\d+)/.exec(await stat(server, 'evalsha'))![1])
    const looked = await connection.look!('l', 'lease 1', 10)
    expect(looked).toEqual({ added: expect.any(String) })
    const { added } = looked as { added: string }
    expect(await connection.look!('l', 'lease 2', 10)).toEqual({ entry: { value: 'lease 1', cas: added } })
    expect(await connection.replace('l', 'value', 10, added)).not.toBeNull()
    expect(await connection.look!('l', 'lease 3', 10)).toMatchObject({ entry: { value: 'value' } })
    expect(Number(/calls=(\d+)/.exec(await stat(server, 'evalsha'))![1])).toBe(calls + 4)
  })

  test('counts exactly by check-and-set with many writers', async () => {
    const connection = await connect(server.port)
    await connection.add('n', '0', 60)
    const increment = async () => {
      for (;;) {
        const { value, cas } = (await connection.get('n'))!
        if (await connection.replace('n', String(Number(value) + 1), 60, cas)) return
      }
    }
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let n = 0; n < 25; n++) await increment()
      }),
    )
    expect((await connection.get('n'))!.value).toBe('500')
  })

  test('goes on when the server has forgotten its scripts, and its entries', async () => {
    const connection = await connect(server.port)
    const cas = await connection.add('f', 'a', 10)
    await server.command('SCRIPT', 'FLUSH')
    expect(await connection.get('f')).toEqual({ value: 'a', cas })
    await server.command('FLUSHALL')
    expect(await connection.get('f')).toBeNull()
    expect(await connection.replace('f', 'b', 10, cas)).toBeNull()
    expect(connection.alive).toBe(true)
  })

  test('takes what is no text, from another program, for nothing', async () => {
    const connection = await connect(server.port)
    const put = () => server.command('RPUSH', 'list', 'a', 'b')
    await put()
    expect(await connection.get('list')).toBeNull()
    await put()
    expect(await connection.look!('list', 'lease', 10)).toEqual({ added: expect.any(String) })
    await server.command('DEL', 'list')
    await put()
    expect(await connection.add('list', 'value', 10)).not.toBeNull()
    await server.command('DEL', 'list')
    await put()
    expect(await connection.replace('list', 'value', 10, 'token')).toBeNull()
    await put()
    expect(await connection.delete('list')).toBe(false)
    expect(await server.command('EXISTS', 'list')).toBe(0)
    expect(connection.alive).toBe(true)
  })

  test('rejects what does not fit, and goes on reading and deleting', async () => {
    const connection = await connect(server.port)
    const cas = await connection.add('m', 'a', 60)
    await server.command('CONFIG', 'SET', 'maxmemory', '1')
    await expect(connection.add('large', 'x', 10)).rejects.toMatchObject({ name: 'CacheRefused' })
    await expect(connection.replace('m', 'x', 10, cas)).rejects.toMatchObject({ name: 'CacheRefused' })
    expect(await connection.get('m')).toEqual({ value: 'a', cas })
    expect(await connection.look!('m', 'lease', 10)).toEqual({ entry: { value: 'a', cas } })
    expect(await connection.look!('none', 'lease', 10)).toEqual({ added: null })
    expect((await connect(server.port)).alive).toBe(true)
    expect(await connection.delete('m', cas)).toBe(true)
    await server.command('CONFIG', 'SET', 'maxmemory', '0')
    expect(await connection.add('large', 'x', 10)).not.toBeNull()
    expect(connection.alive).toBe(true)
  })

  test('rejects what is under way when the server goes, and never sends to the next one', async () => {
    const other = await Valkey.start(program)
    const lost = await connect(other.port)
    const cas = await lost.add('k', 'a', 10)
    other.hang()
    const open = lost.get('k')
    await Promise.all([other.crash(), expect(open).rejects.toThrow()])
    expect(lost.alive).toBe(false)
    await other.run()
    const next = await connect(other.port)
    await next.add('k', 'b', 10)
    await expect(lost.replace('k', 'c', 10, cas)).rejects.toThrow()
    expect((await next.get('k'))!.value).toBe('b')
    await other.kill()
  })
})

describe.each(valkeyServers)('%s and its replica', (program) => {
  let primary: Valkey
  let replica: Valkey
  let relay: Relay
  beforeAll(async () => {
    primary = await Valkey.start(program)
    replica = await Valkey.start(program)
    relay = await Relay.to(primary.port)
  })
  afterAll(async () => {
    await relay.close()
    await Promise.all([primary.kill(), replica.kill()])
  })

  test('a replica is no cache: no connection comes about, and one to a server that becomes a replica ends', async () => {
    await replica.follow(relay.port)
    await expect(connect(replica.port)).rejects.toThrow('READONLY')
    await replica.promote()
    const connection = await connect(replica.port)
    await connection.add('r', 'a', 60)
    await replica.command('REPLICAOF', '127.0.0.1', String(relay.port))
    await expect(connection.get('r')).rejects.toThrow('READONLY')
    expect(connection.alive).toBe(false)
  })

  test('nothing that came by replication is served by a promoted replica, nor replaced by an old token', async () => {
    await replica.follow(relay.port)
    const before = await connect(primary.port)
    const cas = await before.add('old', 'v0', 60)
    while ((await replica.command('EXISTS', 'old')) !== 1) await new Promise((resolve) => setTimeout(resolve, 5))
    relay.freeze()
    expect(await before.replace('old', 'v1', 60, cas)).not.toBeNull()
    await replica.promote()
    const after = await connect(replica.port)
    expect(await after.replace('old', 'v2', 60, cas)).toBeNull()
    expect(await after.get('old')).toBeNull()
    expect(await after.add('old', 'v2', 60)).not.toBeNull()
    relay.thaw()
  })
})

describe.each(valkeyServers)('%s with a snapshot', (program) => {
  test('serves nothing of it after a restart', async () => {
    const server = await Valkey.start(program)
    const before = await connect(server.port)
    const cas = await before.add('s', 'v0', 60)
    expect(await server.command('SAVE')).toBe('OK')
    expect(await before.replace('s', 'v1', 60, cas)).not.toBeNull()
    await server.crash()
    await server.run()
    expect(await server.command('EXISTS', 's')).toBe(1)
    expect(await (await connect(server.port)).get('s')).toBeNull()
    await server.kill()
  })
})

describe.each(valkeyServers)('%s with passwords', (program) => {
  let server: Valkey
  beforeAll(async () => {
    server = await Valkey.start(program)
    const rights = ['~tipfy:*', '+get', '+set', '+del', '+eval', '+evalsha', '+info', '+select']
    await server.command('ACL', 'SETUSER', 'shop', 'on', '>right', ...rights)
    await server.command('ACL', 'SETUSER', 'weak', 'on', '>right', ...rights.filter((right) => right !== '+info'))
    for (const missing of ['+eval', '+evalsha', '+get', '+set', '+del', '~tipfy:*']) {
      const user = `no-${missing}`
      await server.command('ACL', 'SETUSER', user, 'on', '>right', ...rights.filter((right) => right !== missing))
    }
    await server.command('ACL', 'SETUSER', 'default', '>secret')
  })
  afterAll(() => server.kill())

  test('is given a name and a password, and serves with the least rights', async () => {
    const connection = await connect(server.port, { username: 'shop', password: 'right', database: 1 })
    const cas = await connection.add('tipfy:k', 'a', 10)
    expect(await connection.get('tipfy:k')).toEqual({ value: 'a', cas })
  })

  test('is given a new password for each connection where a function makes them', async () => {
    let made = 0
    const password = async () => {
      made++
      return 'secret'
    }
    await connect(server.port, { password })
    await connect(server.port, { password })
    expect(made).toBe(2)
  })

  test.each([
    '+eval',
    '+evalsha',
    '+get',
    '+set',
    '+del',
    '~tipfy:*',
  ])('a user without the right %s is told which are needed', async (right) => {
    await expect(connect(server.port, { username: `no-${right}`, password: 'right' })).rejects.toThrow(
      'its user needs the rights ~tipfy:* +get +set +del +eval +evalsha +info',
    )
  })

  test('a token that ends soon is renewed on the open connection', async () => {
    let made = 0
    const password = () => ({ password: 'secret', expiresIn: ++made === 1 ? 1 : 3600 })
    const connection = await connect(server.port, { password })
    const auths = async () => Number(/calls=(\d+)/.exec(await stat(server, 'auth', 'secret'))![1])
    const before = await auths()
    while (made < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    while ((await auths()) <= before + 1) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await connection.get('tipfy:k')).not.toBeUndefined()
    expect(made).toBe(2)
  })

  test.each<[string, Partial<ValkeyOptions>, string]>([
    ['a wrong password', { password: 'wrong' }, 'WRONGPASS'],
    ['no password', {}, 'NOAUTH'],
    ['a user that may not look at the role of the server', { username: 'weak', password: 'right' }, '+info'],
  ])('%s ends the connection, and the error says why', async (_, options, why) => {
    await expect(connect(server.port, options)).rejects.toThrow(why)
  })
})

describe.each(valkeyServers)('%s over TLS', (program) => {
  const ca = readFileSync(certificate, 'utf8')
  const host = 'localhost'
  let server: Valkey
  let tlsPort: number
  beforeAll(async () => {
    tlsPort = await freePort()
    const files = ['--tls-cert-file', certificate, '--tls-key-file', certificate, '--tls-ca-cert-file', certificate]
    server = await Valkey.start(program, '--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...files)
  })
  afterAll(() => server.kill())

  test('serves who names its authority, and none else', async () => {
    const connection = await connect(tlsPort, { host, tls: true, ca })
    const cas = await connection.add('k', 'a', 10)
    expect(await connection.get('k')).toEqual({ value: 'a', cas })
    await expect(connect(tlsPort, { host, tls: true })).rejects.toThrow(/self.signed certificate/)
  })

  test('plain text to its port, and TLS to a plain port, are errors that name the address to write', async () => {
    await expect(connect(tlsPort)).rejects.toThrow('a server with TLS is valkeys://host:port')
    await expect(valkeyLink({ host, port: server.port, tls: true, ca }).connect(200)).rejects.toThrow(
      'a server without TLS is valkey://host:port',
    )
  })

  test('a certificate of an unknown authority, or of another name, is an error with a remedy', async () => {
    await expect(connect(tlsPort, { host, tls: true })).rejects.toThrow('set cacheCa to the authority that signed it')
    await expect(connect(tlsPort, { host: '127.0.0.1', tls: true, ca })).rejects.toThrow(
      'name the server as its certificate does',
    )
  })
})

describe.each(valkeyServers)('%s as the wrong server', (program) => {
  test('a shard of several is an error that says what to make instead', async () => {
    const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '500']
    const shards = await Promise.all([Valkey.start(program, ...options), Valkey.start(program, ...options)])
    const [one, two] = shards as [Valkey, Valkey]
    await one.command('CLUSTER', 'ADDSLOTSRANGE', '0', '8191')
    await two.command('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383')
    await one.command('CLUSTER', 'MEET', '127.0.0.1', String(two.port))
    for (const shard of shards) {
      while (!String(await shard.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      await expect(connect(shard.port)).rejects.toThrow(/^MOVED .*: it is part of a cluster of several shards/)
      await shard.kill()
    }
  })

  test('a cluster of one shard is a cache', async () => {
    const server = await Valkey.start(program, '--cluster-enabled', 'yes')
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    while (!String(await server.command('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const connection = await connect(server.port)
    expect(await connection.look!('k', 'v', 10)).toEqual({ added: expect.any(String) })
    await server.kill()
  })

  test('one that asks for no password is an error where one is given', async () => {
    const server = await Valkey.start(program)
    await expect(connect(server.port, { password: 'hush' })).rejects.toThrow(
      'it asks for no password; leave out cachePassword',
    )
    await expect(memcachedLink({ host: '127.0.0.1', port: server.port }).connect(200)).rejects.toThrow(
      'Valkey and Redis are valkey://host:port',
    )
    await server.kill()
  })
})

;(memcachedFound ? test : test.skip)(
  'a memcached behind valkey:// is an error that names the address to write',
  async () => {
    const server = await Memcached.start()
    await expect(connect(server.port)).rejects.toThrow('memcached is memcached://host:port')
    await server.kill()
  },
)

test.each([
  ['memcached', memcachedLink],
  ['Valkey', valkeyLink],
])('an address of %s at which no server is found is an error with a remedy', async (_, link) => {
  const port = await freePort()
  await expect(link({ host: '127.0.0.1', port }).connect(5000)).rejects.toThrow('see that a server listens there')
  await expect(link({ host: 'no-such-host.invalid', port }).connect(5000)).rejects.toThrow(/look(ed)? up here$/)
})

describe.each(valkeyServers)('an error of %s names what to change', (program) => {
  const ca = readFileSync(certificate, 'utf8')
  const files = ['--tls-cert-file', certificate, '--tls-key-file', certificate, '--tls-ca-cert-file', certificate]

  test.each<[string, string[], Partial<ValkeyOptions>, RegExp]>([
    ['for a command that was renamed', ['--rename-command', 'GET', 'XGET'], {}, /under these names/],
    [
      'for a script command that was renamed',
      ['--rename-command', 'EVAL', 'XEVAL'],
      {},
      /^ERR unknown command 'EVAL': it/,
    ],
    // The server repeats what it was sent: the password.
    [
      'for AUTH that was renamed',
      ['--rename-command', 'AUTH', 'XAUTH'],
      { password: 'hush' },
      /^ERR unknown command 'AUTH': it/,
    ],
    ['for a database that is not there', [], { database: 99 }, /name another database, or none/],
    ['for a database of a cluster', ['--cluster-enabled', 'yes'], { database: 1 }, /name another database, or none/],
  ])('%s', async (_, args, options, remedy) => {
    const server = await Valkey.start(program, ...args)
    await expect(connect(server.port, options)).rejects.toMatchObject({
      name: 'CacheUnusable',
      message: expect.stringMatching(remedy),
    })
    await server.kill()
  })

  test('for a server that takes no more clients', async () => {
    const server = await Valkey.start(program)
    const first = await connect(server.port)
    await server.command('CONFIG', 'SET', 'maxclients', '1')
    await expect(connect(server.port)).rejects.toThrow(/^ERR max number of clients.*: raise its maxclients/)
    expect(await first.get('k')).toBeNull()
    await server.kill()
  })

  test.each([
    [
      'that wants certificates of its clients',
      ['yes'],
      /^TLS: .*certificate required: .*set tls-auth-clients to no there$/,
    ],
    [
      'of a version that is too old',
      ['no', '--tls-protocols', 'TLSv1.1'],
      /^TLS: .*: it has to speak TLS 1.2 or later$/,
    ],
  ])('for TLS %s', async (_, args, remedy) => {
    const port = await freePort()
    const server = await Valkey.start(program, '--tls-port', String(port), ...files, '--tls-auth-clients', ...args)
    await expect(connect(port, { host: 'localhost', tls: true, ca })).rejects.toThrow(remedy)
    await server.kill()
  })
})

describe('a server that is not Valkey', () => {
  let server: Server
  let behave: (socket: Socket) => void
  beforeAll(async () => {
    server = createServer((socket) => behave(socket.on('error', () => {})))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    server.close()
  })

  test.each<[string, (socket: Socket) => void]>([
    ['closes at once', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
    ['closes in the middle of a reply', (socket) => socket.end('$10\r\nabc')],
    ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['speaks as memcached does', (socket) => socket.end('ERROR\r\n')],
    ['replies to what was not asked', (socket) => socket.end('+OK\r\n+OK\r\n+OK\r\n')],
  ])('and %s is an error, not a wait', async (_, behaviour) => {
    behave = behaviour
    const { port } = server.address() as { port: number }
    await expect(connect(port)).rejects.toThrow()
  })

  test('and speaks no TLS, but replies, is an error that says so', async () => {
    behave = (socket) => socket.on('data', () => socket.end('ERROR\r\n'))
    const { port } = server.address() as { port: number }
    await expect(connect(port, { tls: true })).rejects.toThrow(
      /^TLS: wrong version number: a server without TLS is valkey:\/\/host:port$/,
    )
  })

  test('and stops to reply is no wait for who asks what it is', async () => {
    behave = (socket) =>
      socket.on('data', (sent) => {
        for (const _ of sent.toString().matchAll(/\r\nEVAL(SHA)?\r\n/g)) socket.write('$-1\r\n')
      })
    const { port } = server.address() as { port: number }
    const link = valkeyLink({ host: '127.0.0.1', port })
    ;(await link.connect(5000)).close()
    await expect(link.describe!(50)).rejects.toThrow('no response within 50 ms')
  })

  test('and says nothing leaves no connection open', async () => {
    const closed = new Promise<void>((resolve) => {
      behave = (socket) => socket.resume().once('close', () => resolve())
    })
    const { port } = server.address() as { port: number }
    await expect(valkeyLink({ host: '127.0.0.1', port }).connect(20)).rejects.toThrow('no response within 20 ms')
    await closed
  })
})

test('a link is named by host, port and database', () => {
  expect(valkeyLink({ host: 'a' }).name).toBe('a:6379')
  expect(valkeyLink({ host: '::1', port: 1 }).name).toBe('[::1]:1')
  expect(valkeyLink({ host: 'a', database: 2 }).name).toBe('a:6379/2')
})
