// One simulated Valkey server: what it holds, and the commands that sessions use. Scripts run as a server would run them.
import { createHash } from 'node:crypto'
import { scripts } from '../../../../lib/ext/session/cache/valkey-scripts.ts'
import { compileLua, type LuaScript } from './lua.ts'

export interface Node {
  role: 'master' | 'slave'
  /** New with each promotion and each start. */
  replid: string
  /** New with each start. */
  runId: string
  isDown: boolean
  data: Map<string, { value: string; until: number }>
  scripts: Set<string>
  /** Changes that it made, and that its replica has. */
  written: number
  acknowledged: number
}

export function newNode(replid: string, runId: string, role: Node['role']): Node {
  const [data, known] = [new Map(), new Set<string>()]
  return { role, replid, runId, isDown: false, data, scripts: known, written: 0, acknowledged: 0 }
}

/** A script that was run. */
export interface RunScript {
  name: string
  key: string
  args: readonly string[]
}

export interface Surroundings {
  now: number
  /** Applies a change to this server and to its replica. */
  write(change: () => void, key: string): void
  ran(run: RunScript, reply: string | number | null): void
}

const names = new Map(Object.values(scripts).map(({ digest, name }) => [digest, name]))
const compiled = new Map<string, LuaScript>()
const texts = new Map<string, string>()

/** The reply to one command, in RESP2. */
export function executeCommand(node: Node, words: readonly string[], around: Surroundings): string {
  const [command = '', ...rest] = words
  switch (command) {
    case 'AUTH':
    case 'SELECT':
      return '+OK\r\n'
    case 'EVAL':
    case 'EVALSHA':
      return evaluate(node, command, rest, around)
    default:
      return encode(simple(node, words, around))
  }
}

function evaluate(
  node: Node,
  command: string,
  [script = '', , ...rest]: readonly string[],
  around: Surroundings,
): string {
  const digest = command === 'EVAL' ? digestOf(script) : script
  if (command === 'EVALSHA' && !node.scripts.has(digest)) return '-NOSCRIPT No matching script.\r\n'
  node.scripts.add(digest)
  if (node.role === 'slave' && texts.get(digest)!.startsWith('#!lua')) {
    return '-READONLY Can not run script with write flag on readonly replica.\r\n'
  }
  const [keys, args] = [rest.slice(0, 1), rest.slice(1)]
  const call = (...inner: string[]) => {
    const reply = simple(node, inner, around)
    if (typeof reply === 'object' && reply !== null) throw new Error(reply.err)
    return reply ?? false
  }
  const result = compiled.get(digest)!({ call, keys, args })
  const reply = result === false || result === true ? null : result
  if (typeof reply === 'function') throw new Error('a script returned a function')
  if (reply === null || typeof reply !== 'object')
    around.ran({ name: names.get(digest) ?? '', key: keys[0]!, args }, reply)
  return encode(reply)
}

function digestOf(text: string): string {
  let digest = [...texts].find(([, known]) => known === text)?.[0]
  if (digest === undefined) {
    digest = createHash('sha1').update(text).digest('hex')
    texts.set(digest, text)
    compiled.set(digest, compileLua(text))
  }
  return digest
}

type Reply = string | number | null | { err: string }

function simple(node: Node, [command, key = '', ...args]: readonly string[], { now, write }: Surroundings): Reply {
  const { data } = node
  const entry = data.get(key)
  const isThere = entry !== undefined && entry.until > now
  switch (command) {
    case 'GET':
      return isThere ? entry.value : null
    case 'SET':
      write(() => data.set(key, { value: args[0]!, until: now + Number(args[2]) }), key)
      return 'OK'
    case 'DEL':
      if (isThere) write(() => data.delete(key), key)
      return isThere ? 1 : 0
    case 'INFO':
      return key === 'server'
        ? `# Server\r\nrun_id:${node.runId}\r\n`
        : `# Replication\r\nrole:${node.role}\r\nmaster_replid:${node.replid}\r\n`
    default:
      return { err: `ERR unknown command '${command}'` }
  }
}

function encode(reply: Reply): string {
  if (reply === null) return '$-1\r\n'
  if (typeof reply === 'number') return `:${reply}\r\n`
  if (typeof reply === 'object') return `-${reply.err}\r\n`
  return `$${Buffer.byteLength(reply)}\r\n${reply}\r\n`
}

/** The words of one command as the client writes it. */
export function wordsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  const words: string[] = []
  let at = bytes.indexOf('\r\n') + 2
  while (at < bytes.length) {
    const end = bytes.indexOf('\r\n', at)
    const length = Number(bytes.toString('latin1', at + 1, end))
    words.push(bytes.toString('utf8', end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
  return words
}
