// ATTACKS.md, the lines where memcached matters, over HTTP with a real one: each test is named by its line.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { request } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'
import type { Visitor } from '../../support/browser.ts'
import { Memcached, memcachedFound } from '../../support/memcached.ts'
import { free, type Site, serveSite } from './site.ts'

const handlers = {
  '/': () => {
    free.n = (free.n ?? 0) + 1
    return String(free.n)
  },
  '/read': () => String(free.n ?? 'new'),
  '/logout': async () => {
    await sessionStore.destroy()
    return ''
  },
  '/key': () => {
    free[request.args.get('key')!] = 1
    return ''
  },
  '/push': () => {
    free.setDefault('list', [])
    return String(free.list.push(request.args.get('key')))
  },
  '/update': async () => String(await sessionStore.update((s) => (s as { n: number }).n++)),
  '/all': () => JSON.stringify(free),
  '/large': () => {
    free.large = 'x'.repeat(1_010_000)
    return ''
  },
  '/large-size': () => String(free.large?.length),
}

/** A way to memcached on which what would change it can be held up. */
class Road {
  readonly server: Server
  readonly sockets = new Set<Socket>()
  held: (() => void)[] | null = null
  #told = () => {}

  constructor(to: Memcached) {
    this.server = createServer((socket) => {
      const onward = connect(to.port, '127.0.0.1')
      for (const one of [socket, onward]) {
        this.sockets.add(one)
        one.on('error', () => {})
        one.on('close', () => this.sockets.delete(one))
      }
      onward.pipe(socket)
      socket.on('close', () => onward.destroy())
      let waiting = Promise.resolve()
      socket.on('data', (bytes: Buffer) => {
        const wait = this.#wait(bytes)
        waiting = waiting.then(() => wait).then(() => void onward.write(bytes))
      })
    })
  }

  async #wait(bytes: Buffer): Promise<void> {
    if (this.held === null || !changes(bytes)) return
    const { held } = this
    await new Promise<void>((resolve) => {
      held.push(resolve)
      this.#told()
    })
  }

  /** Holds what comes from now on; settles when something does. */
  hold(): Promise<void> {
    this.held = []
    return new Promise((resolve) => {
      this.#told = resolve
    })
  }

  release(): void {
    const held = this.held ?? []
    this.held = null
    for (const go of held) go()
  }
}

/** Returns true if a set, a replacement or a delete is among the requests: an `add` is not. */
function changes(bytes: Buffer): boolean {
  for (let at = 0; at + 24 <= bytes.length; at += 24 + bytes.readUInt32BE(at + 8)) {
    if ([0x01, 0x03, 0x04, 0x11, 0x13, 0x14].includes(bytes[at + 1]!)) return true
  }
  return false
}

const where = memcachedFound || process.env.CI === 'true' ? describe : describe.skip

where('datastore with memcached:', () => {
  let memcached: Memcached
  let road: Road
  /** Two servers on one store: `site` goes the road, `twin` straight. */
  let site: Site
  let twin: Site

  beforeAll(async () => {
    memcached = await Memcached.start()
    road = new Road(memcached)
    await new Promise<void>((resolve) => road.server.listen(0, '127.0.0.1', resolve))
    const { port } = road.server.address() as { port: number }
    // Patient: what a test holds up is not to be given up on.
    const session = { expiration: 1000, cacheTimeout: 1000, storeTimeout: 20 }
    site = await serveSite('datastore', handlers, { session: { ...session, memcache: `127.0.0.1:${port}` } })
    const { dataFolder } = site.sessions.settings
    twin = await serveSite('datastore', handlers, { session: { ...session, dataFolder, memcache: memcached.address } })
  })

  afterAll(async () => {
    for (const socket of road.sockets) socket.destroy()
    road.server.close()
    await memcached.kill()
  })

  /** A visitor with a session of one write, which memcached holds. */
  async function cached(): Promise<Visitor> {
    const visitor = site.visitor()
    await visitor.ask('/')
    await visitor.ask('/read')
    expect((await visitor.ask('/read')).text).toBe('1')
    return visitor
  }
  const on = (server: Site, visitor: Visitor, path: string) =>
    server.ask(path, { headers: { cookie: `${site.cookie}=${visitor.cookies.get(site.cookie)}` } })
  const flush = () =>
    new Promise<void>((resolve) => {
      const socket = connect(memcached.port, '127.0.0.1', () => socket.write('flush_all\r\n'))
      socket.once('data', () => {
        socket.destroy()
        resolve()
      })
    })

  test('13: a logout empties the cache too, on every server', async () => {
    const visitor = await cached()
    await on(twin, visitor, '/logout')
    expect((await on(site, visitor, '/read')).text).toBe('new')
    expect((await on(twin, visitor, '/read')).text).toBe('new')
  })

  test('16: a session that has expired is dead while memcached still holds it', async () => {
    const visitor = await cached()
    site.later(1001)
    expect((await visitor.ask('/read')).text).toBe('new')
    site.later(-1001)
  })

  test('17: two servers whose clocks are 30 s apart serve one session', async () => {
    twin.later(30)
    const visitor = await cached()
    expect((await on(twin, visitor, '/')).text).toBe('2')
    expect((await on(site, visitor, '/')).text).toBe('3')
    const ahead = twin.visitor()
    await ahead.ask('/')
    expect((await on(site, ahead, '/')).text).toBe('2')
    expect((await on(twin, ahead, '/read')).text).toBe('2')
    twin.later(-30)
  })

  test.each([
    ['a write', '/', '2'],
    ['a destroy', '/logout', 'new'],
  ])('19: a reader is held up before it fills the cache, while %s happens: the next read is new', async (_, path, wanted) => {
    const visitor = await cached()
    await flush()
    const filling = road.hold()
    const reading = on(site, visitor, '/read')
    await filling
    await on(twin, visitor, path)
    road.release()
    await reading
    for (const server of [twin, site]) expect((await on(server, visitor, '/read')).text).toBe(wanted)
  })

  test('20: two writers reach the cache in the other order than Datastore: the later commit is read', async () => {
    const visitor = await cached()
    const writing = road.hold()
    const first = on(site, visitor, '/push?key=a')
    await writing
    expect((await on(twin, visitor, '/push?key=b')).status).toBe(200)
    road.release()
    expect((await first).status).toBe(200)
    for (const server of [twin, site, twin]) {
      expect((await on(server, visitor, '/all')).text).toBe('{"n":1,"list":["a","b"]}')
    }
  })

  test('30: a session that is too large for memcached is kept in Datastore alone', async () => {
    const visitor = await cached()
    await visitor.ask('/large')
    for (const server of [site, twin]) expect((await on(server, visitor, '/large-size')).text).toBe('1010000')
  })

  // The last: it leaves the servers wary of memcached.
  test('18: with memcached killed and restarted meanwhile, nothing is lost', async () => {
    const visitor = await cached()
    const N = 30
    const both = (path: (index: number) => string) =>
      Promise.all(Array.from({ length: N }, (_, index) => on(index % 2 ? site : twin, visitor, path(index))))
    const keys = both((index) => `/key?key=k${index}`)
    await memcached.kill()
    const pushes = both((index) => `/push?key=p${index}`)
    await memcached.run()
    const updates = both(() => '/update')
    for (const { status } of (await Promise.all([keys, pushes, updates])).flat()) expect(status).toBe(200)
    const { n, list, ...rest } = JSON.parse((await on(twin, visitor, '/all')).text)
    expect([n, new Set(list).size, Object.keys(rest).length]).toEqual([1 + N, N, N])
  })
})

where('datastore, memcached in trouble:', () => {
  test('23: hung, killed, restarted, flushed: answers stay right, and only the first waits', async () => {
    const memcached = await Memcached.start()
    const site = await serveSite('datastore', handlers, { session: { memcache: memcached.address } })
    const visitor = site.visitor()
    await visitor.ask('/')
    let n = 1
    const goesOn = async () => {
      expect((await visitor.ask('/read')).text).toBe(String(n))
      n++
      expect((await visitor.ask('/')).text).toBe(String(n))
      expect((await visitor.ask('/read')).text).toBe(String(n))
    }
    await goesOn()
    memcached.hang()
    await goesOn()
    await goesOn()
    memcached.wake()
    await goesOn()
    await memcached.kill()
    await goesOn()
    await memcached.run()
    await goesOn()
    await memcached.kill()
  })

  test('24, 35: what somebody else puts under a key is a miss, and what lies there is no cookie', async () => {
    const memcached = await Memcached.start()
    const site = await serveSite('datastore', handlers, { session: { memcache: memcached.address } })
    const [one, two] = [site.visitor(), site.visitor()]
    for (const visitor of [one, two]) {
      await visitor.ask('/')
      await visitor.ask('/read')
    }
    await two.ask('/')
    const socket = connect(memcached.port, '127.0.0.1')
    const say = (text: string, end: RegExp) =>
      new Promise<string>((resolve) => {
        let heard = ''
        const hear = (bytes: Buffer) => {
          heard += bytes.toString('latin1')
          if (!end.test(heard)) return
          socket.off('data', hear)
          resolve(heard)
        }
        socket.on('data', hear)
        socket.write(text, 'latin1')
      })
    const keys = [...(await say('lru_crawler metadump all\r\n', /END\r\n$/)).matchAll(/key=(\S+)/g)].map((found) =>
      decodeURIComponent(found[1]!),
    )
    expect(keys.length).toBe(2)
    const read: string[] = []
    for (const key of keys) {
      const answer = await say(`get ${key}\r\n`, /END\r\n$/)
      read.push(answer.slice(answer.indexOf('\r\n') + 2, answer.lastIndexOf('\r\nEND')))
    }
    // 35: nor does what lies here give anybody a cookie.
    for (const visitor of [one, two]) {
      const id = visitor.cookies.get(site.cookie)!.split('|')[1]!.split('.')[0]!
      expect(`${keys} ${read}`).not.toContain(id)
    }
    const put = (key: string, value: string) => say(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`, /STORED\r\n$/)
    for (const garbage of ['garbage', '', '\0\0\0', '{"n":99}', 'x'.repeat(100_000)]) {
      for (const key of keys) await put(key, garbage)
      expect([(await one.ask('/read')).text, (await two.ask('/read')).text]).toEqual(['1', '2'])
    }
    await put(keys[0]!, read[1]!)
    await put(keys[1]!, read[0]!)
    expect([(await one.ask('/read')).text, (await two.ask('/read')).text]).toEqual(['1', '2'])
    socket.destroy()
    await memcached.kill()
  })
})
