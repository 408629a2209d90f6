// Faults of the protocol that Valkey's scripts keep, to be put into the sources: each is a plainer protocol that breaks in some
// history of two servers. `kind` is the world that shows it.
import type { Plant } from './plants.ts'
import type { ValkeyWorldKind } from './valkey.ts'

const term = "string.match(i,'master_replid:(%x+)')"
const noTerm: Plant['changes'][number] = [term, "'t'", 'cache/valkey-scripts.ts']
const send = "return await this.#send(['EVALSHA', script.digest, '1', key, ...args])"
const eval_ = "return await this.#send(['EVAL', script.text, '1', key, ...args])"

const waiting = (command: string) =>
  command.replace('return', 'const reply =').concat(`
      if (script.name !== 'get') await this.#send(['WAIT', '1', '40'])
      return reply`)

export const valkeyPlants: Record<string, Plant & { kind: ValkeyWorldKind; shows: RegExp }> = {
  'an entry has no term': {
    file: 'cache/valkey-scripts.ts',
    kind: 'crash',
    shows: /: no (stale read|revival): #/,
    near: 584,
    changes: [noTerm],
  },
  'the id of the process stands for the term': {
    file: 'cache/valkey-scripts.ts',
    kind: 'swap',
    shows: /: no (stale read|revival): #/,
    near: 129,
    changes: [[term, "string.match(redis.call('INFO','server'),'run_id:(%x+)')"]],
  },
  'the term is read when the connection opens': {
    file: 'cache/valkey.ts',
    kind: 'swap',
    shows: /: no (stale read|revival): #/,
    near: 131,
    changes: [
      noTerm,
      ['  #ready = false\n', "  #ready = false\n  #term = ''\n"],
      [
        '    await Promise.all([\n',
        "    this.#term = /master_replid:(\\w+)/.exec(String(await this.#send(['INFO', 'replication'])))![1]!\n    await Promise.all([\n",
      ],
      [send, send.replace('key,', '`${this.#term}:${key}`,')],
      [eval_, eval_.replace('key,', '`${this.#term}:${key}`,')],
    ],
  },
  'a replica that has it stands for the term': {
    file: 'cache/valkey.ts',
    kind: 'restart',
    shows: /: no (stale read|revival): #/,
    near: 396,
    changes: [noTerm, [send, waiting(send)], [eval_, waiting(eval_)]],
  },
  'an entry is read by GET': {
    file: 'cache/valkey.ts',
    kind: 'all',
    shows: /: no (stale read|revival): #/,
    near: 105,
    changes: [
      [
        '    const token = this.#newToken()\n    try {',
        "    const plain = await this.#send(['GET', key])\n    if (typeof plain === 'string') return { entry: entryOf(plain.slice(plain.indexOf(' ') + 1))! }\n    const token = this.#newToken()\n    try {",
      ],
    ],
  },
  'an entry lives longer than its time': {
    file: 'cache/cache.ts',
    kind: 'linger',
    shows: /: no (stale read|revival): #/,
    near: 406,
    changes: [['seconds: Math.min(Math.ceil(left / 1000), maxSeconds)', 'seconds: 1000']],
  },
  'an id is used on another connection': {
    file: 'cache/cache.ts',
    kind: 'swap',
    shows: /: once: /,
    near: 2411,
    changes: [
      ['if (!lease.connection.alive) return\n', ''],
      ['if (connection !== lease.connection) return\n', ''],
    ],
  },
  'a script is sent again when the connection is lost': {
    file: 'cache/valkey.ts',
    kind: 'crash',
    shows: /: once: /,
    near: 1,
    changes: [
      ['  #ready = false\n', '  #ready = false\n  #again = () => {}\n'],
      [
        "    this.#socket.on('error', (error) => this.#fail(error))",
        `    const lost = (error: Error) => (this.#ready && /lost/.test(error.message) ? this.#again() : this.#fail(error))
    this.#socket.on('error', lost)
    this.#again = () => {
      this.#socket = world.openSocket(options)
      this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
      this.#socket.on('error', lost)
      for (const { words } of this.#waiting.slice(this.#next)) this.#socket.write(encodeCommand(words))
    }`,
      ],
      ['this.#waiting.push({ resolve, reject })', 'this.#waiting.push({ resolve, reject, words })'],
    ],
  },
}
