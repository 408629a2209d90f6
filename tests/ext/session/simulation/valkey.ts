// A Valkey of two servers, a primary and its replica, with everything that happens to them: replication that lags, promotions,
// roles that swap, a primary that lingers beside the new one, restarts from snapshots, evictions, lost scripts and lost
// connections. What speaks to it is the real client, over a socket of the simulation; the scripts that run are the real ones.
import type { Socket } from 'node:net'
import type { CacheLink } from '../../../../lib/ext/session/cache/ports.ts'
import { valkeyLink } from '../../../../lib/ext/session/cache/valkey.ts'
import { scripts } from '../../../../lib/ext/session/cache/valkey-scripts.ts'
import type { Process, Scheduler } from './scheduler.ts'
import { executeCommand, type Node, newNode, type RunScript, wordsOf } from './valkey-node.ts'

/** The events of the two in a seed. `linger` alone makes both answer as primaries. */
export type ValkeyWorldKind = 'crash' | 'swap' | 'restart' | 'linger' | 'all'

/** Ms for which an old primary goes on beside the new one. */
const maxLinger = 6000

const names = new Map(Object.values(scripts).map(({ digest, name }) => [digest, name]))

export class SimValkey {
  /** New connections are accepted. */
  up = true
  /** Calls wait until then. */
  hangsUntil = 0
  /** The probability of a call that takes longer than anybody waits. */
  slow = 0
  onCall: (kind: string) => void = () => {}
  /** Called for what no client may do: run a script twice, or use an id that another connection gave. */
  onWrong: (text: string) => void = () => {}
  /** Called when a writer's value is stored, with the record. */
  onPut: (value: string) => void = () => {}
  /** As of a memcached, for what empties either. */
  readonly cells = { clear: () => this.evict() }
  /** The times in which both took themselves for the primary. */
  readonly twoPrimaries: { from: number; to: number }[] = []
  readonly #name: string
  readonly #scheduler: Scheduler
  readonly #kind: ValkeyWorldKind
  readonly #nodes: [Node, Node]
  /** The server that the name leads to. */
  #primary = 0
  #lag = 1
  /** Counts the times that replication began anew. */
  #link = 0
  #replicatedAt = 0
  #ids = 0
  readonly #run = new Set<string>()
  readonly #sockets = new Set<SimSocket>()

  constructor(scheduler: Scheduler, name: string, kind: ValkeyWorldKind) {
    this.#scheduler = scheduler
    this.#name = name
    this.#kind = kind
    this.#nodes = [newNode(this.#id(), this.#id(), 'master'), newNode('', this.#id(), 'slave')]
    this.#nodes[1].replid = this.#nodes[0].replid
  }

  link(process: Process): CacheLink {
    const openSocket = () => new SimSocket(this, process) as unknown as Socket
    return { ...valkeyLink({ host: this.#name }, { clock: process, openSocket }), name: this.#name }
  }

  /** Evicts all that the primary holds. */
  evict(): void {
    const node = this.#nodes[this.#primary]!
    for (const key of [...node.data.keys()]) this.#write(node, () => node.data.delete(key), key)
  }

  /** The primary restarts, empty. */
  restart(): void {
    this.#restart(new Map())
  }

  /** One of the things that happen in this kind of world; `ms`: for so long the cache is not well; null: it is all the while. */
  misfortune(): { what: string; ms: number | null } {
    const { scheduler } = this
    const all = this.#kind === 'all'
    const what = scheduler.pick<string>([
      [2, 'lag'],
      [1, 'evict'],
      [1, 'script flush'],
      [1, 'cut'],
      [this.#kind === 'crash' || all ? 3 : 0, 'crash'],
      [this.#kind === 'swap' || all ? 3 : 0, 'swap'],
      [this.#kind === 'restart' || all ? 3 : 0, 'restore'],
      [this.#kind === 'linger' ? 4 : 0, 'linger'],
    ])
    if (what !== 'crash' && what !== 'swap' && what !== 'linger') return { what, ms: this.#happen(what) }
    // Replication lags where a promotion matters, and roles swap back before long.
    if (scheduler.chance(0.7)) this.#happen('lag')
    const soon = scheduler.between(0, 60)
    scheduler.after(soon, () => this.#promote(what))
    const isBack = what === 'swap' && scheduler.chance(0.6)
    const back = soon + scheduler.between(5, 300)
    if (isBack) scheduler.after(back, () => this.#promote(what))
    return { what: isBack ? 'swap and back' : what, ms: isBack ? back : what === 'linger' ? soon + maxLinger : soon }
  }

  get scheduler(): Scheduler {
    return this.#scheduler
  }

  #happen(what: string): number | null {
    const { scheduler } = this
    switch (what) {
      case 'lag': {
        this.#lag = scheduler.between(5, 400)
        scheduler.after(scheduler.between(50, 1500), () => {
          this.#lag = 1
        })
        return null
      }
      case 'evict':
        this.evict()
        return null
      case 'script flush':
        for (const node of this.#nodes) node.scripts.clear()
        return null
      case 'cut':
        this.#cut(this.#nodes[this.#primary]!)
        return 0
      case 'restore': {
        const snapshot = new Map(this.#nodes[this.#primary]!.data)
        const ms = scheduler.between(20, 800)
        scheduler.after(ms, () => this.#restart(snapshot))
        return ms
      }
      default:
        throw new Error(`there is no ${what}`)
    }
  }

  /** The replica becomes the primary; what becomes of the other depends. */
  #promote(what: string): void {
    const { scheduler } = this
    const [old, next] = [this.#nodes[this.#primary]!, this.#nodes[1 - this.#primary]!]
    if (next.role === 'master' || next.isDown) return
    this.#link++
    next.role = 'master'
    next.replid = this.#id()
    this.#primary = 1 - this.#primary
    if (what === 'swap') {
      this.#follow(old, next)
      return
    }
    if (what === 'crash') {
      old.isDown = true
      this.#cut(old)
      scheduler.after(scheduler.between(100, 4000), () => {
        old.isDown = false
        old.runId = this.#id()
        this.#follow(old, this.#nodes[this.#primary]!)
      })
      return
    }
    const span = { from: scheduler.time, to: Number.POSITIVE_INFINITY }
    this.twoPrimaries.push(span)
    scheduler.after(scheduler.between(20, maxLinger), () => {
      span.to = scheduler.time
      if (old.role === 'master' && old !== this.#nodes[this.#primary]) this.#follow(old, next)
    })
  }

  /** `node` becomes a replica: clients stay connected, what it holds is replaced a little later. */
  #follow(node: Node, primary: Node): void {
    const link = ++this.#link
    node.role = 'slave'
    node.replid = primary.replid
    this.#scheduler.after(this.#scheduler.between(0, this.#lag), () => {
      if (link === this.#link) node.data = new Map(primary.data)
    })
  }

  #restart(data: Node['data']): void {
    const node = this.#nodes[this.#primary]!
    const other = this.#nodes[1 - this.#primary]!
    this.#cut(node)
    Object.assign(node, { data: new Map(data), scripts: new Set(), replid: this.#id(), runId: this.#id() })
    if (other.role === 'slave') this.#follow(other, node)
  }

  #cut(node: Node): void {
    for (const socket of [...this.#sockets]) if (socket.node === node) socket.cut()
  }

  /** Applies a change to a primary, and later to its replica: it holds then what the primary holds now. */
  #write(node: Node, change: () => void, key: string): void {
    change()
    const other = this.#nodes[node === this.#nodes[0] ? 1 : 0]
    if (other.role !== 'slave' || other.isDown) return
    const value = node.data.get(key)
    const link = this.#link
    const { scheduler } = this
    this.#replicatedAt = Math.max(this.#replicatedAt, scheduler.time + scheduler.between(0, this.#lag))
    scheduler.after(this.#replicatedAt - scheduler.time, () => {
      if (link !== this.#link) return
      if (value === undefined) other.data.delete(key)
      else other.data.set(key, value)
      node.acknowledged++
    })
    node.written++
  }

  #id(): string {
    return (0x1000 + ++this.#ids).toString(16)
  }

  /** A connection is opened: returns the server that it leads to, or undefined for a refusal. */
  accept(socket: SimSocket): Node | undefined {
    const node = this.#nodes[this.#primary]!
    if (!this.up || node.isDown) return undefined
    this.#sockets.add(socket)
    return node
  }

  leave(socket: SimSocket): void {
    this.#sockets.delete(socket)
  }

  delay(): number {
    if (this.#scheduler.chance(this.slow)) return this.#scheduler.between(20, 120)
    return this.#scheduler.between(0.05, 4)
  }

  /** Tells of a call as the checker counts them: to look is to get. */
  note(command: readonly string[]): void {
    const name = command[0] === 'EVALSHA' ? names.get(command[1]!) : command[0] === 'GET' ? 'get' : undefined
    if (name !== undefined) this.onCall(`cache ${name === 'look' ? 'get' : name}`)
  }

  /** The reply of a server, in its protocol; null: later, by `done`. */
  execute(socket: SimSocket, words: readonly string[], done: (reply: string) => void): string | null {
    const node = socket.node!
    if (words[0] === 'WAIT') {
      this.#awaitReplica(node, done)
      return null
    }
    // The result of a plain GET, in no term: the client that plants it takes its id from there.
    if (words[0] === 'GET') socket.known.add(node.data.get(words[1]!)?.value.split(' ')[1] ?? '')
    const write = (change: () => void, key: string) => this.#write(node, change, key)
    return executeCommand(node, words, {
      now: this.#scheduler.time,
      write,
      ran: (run, reply) => this.#watch(socket, run, reply),
    })
  }

  #awaitReplica(node: Node, done: (reply: string) => void): void {
    const until = node.written
    const end = this.#scheduler.time + 40
    const look = () => {
      if (node.acknowledged >= until) done(':1\r\n')
      else if (this.#scheduler.time > end) done(':0\r\n')
      else this.#scheduler.after(1, look)
    }
    look()
  }

  /** Holds clients to their contract: nothing is sent twice, and ids count on the connection that gave them. */
  #watch(socket: SimSocket, { name, key, args }: RunScript, reply: string | number | null): void {
    if (key.startsWith('tipfy:probe')) return
    const stores = name === 'look' || name === 'add' || name === 'cas'
    const [token = '', value = ''] = stores ? args : []
    const old = name === 'cas' ? args[3] : name === 'delete' ? args[0] : undefined
    if (stores) {
      if (this.#run.has(token)) this.onWrong(`${name} was sent again`)
      this.#run.add(token)
    }
    if (old !== undefined && !socket.known.has(old)) this.onWrong(`${name} with an id of another connection`)
    if (stores && reply === 1) socket.known.add(token)
    if (typeof reply === 'string') socket.known.add(reply.slice(0, reply.indexOf(' ')))
    // Readers put theirs over a lease, which lives for 5 s; writers over an older value.
    if (name === 'cas' && reply === 1 && !socket.leases.has(old!)) this.onPut(value)
    if (reply === 1 && value.startsWith('lease ')) socket.leases.add(token)
  }
}

type Listener = (value?: never) => void

/** As much of a socket as the client uses. Each write is one command. */
export class SimSocket {
  readonly writableCorked = 1
  node: Node | undefined
  /** The ids that were given on it, and those of leases. */
  readonly known = new Set<string>()
  readonly leases = new Set<string>()
  readonly #valkey: SimValkey
  readonly #process: Process
  readonly #listeners = new Map<string, Listener[]>()
  readonly #queue: string[][] = []
  #isOver = false
  readonly #inbox: string[][] = []
  #sentAt = 0
  #repliedAt = 0
  /** Replies in the order of their commands; null: not there yet. */
  readonly #replies: { text: string | null }[] = []

  constructor(valkey: SimValkey, process: Process) {
    this.#valkey = valkey
    this.#process = process
    const { scheduler } = valkey
    scheduler.after(valkey.delay(), () => {
      if (this.#isOver || scheduler.time < valkey.hangsUntil || process.cutOffFor(valkey) > 0) return
      this.node = valkey.accept(this)
      if (this.node === undefined) return this.#end('refused')
      for (const words of this.#queue.splice(0)) this.#send(words)
    })
  }

  setNoDelay(): void {}

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener])
    return this
  }

  write(text: string): void {
    const words = wordsOf(text)
    this.#valkey.note(words)
    if (this.node === undefined) this.#queue.push(words)
    else this.#send(words)
  }

  destroy(): void {
    this.#isOver = true
    this.#valkey.leave(this)
  }

  /** The connection breaks: what is under way may have been done. */
  cut(): void {
    this.#valkey.leave(this)
    this.node = undefined
    this.#valkey.scheduler.after(this.#valkey.delay(), () => this.#end('the connection was lost'))
  }

  #end(why: string): void {
    this.#emit('error', new Error(why))
    this.#isOver = true
  }

  #emit(event: string, value: unknown): void {
    this.#process.receive(() => {
      if (this.#isOver && event === 'data') return
      for (const listener of this.#listeners.get(event) ?? []) listener(value as never)
    })
  }

  #send(words: string[]): void {
    const { scheduler } = this.#valkey
    // What the network holds back arrives later, also on a connection that was given up.
    const late = this.#process.cutOffFor(this.#valkey)
    this.#sentAt = Math.max(this.#sentAt, scheduler.time + late + this.#valkey.delay())
    scheduler.after(this.#sentAt - scheduler.time, () => this.#arrive(words))
  }

  #arrive(words: string[]): void {
    this.#inbox.push(words)
    if (this.#inbox.length === 1) this.#take()
  }

  /** Takes commands in the order in which they came, also when the server hangs, and hangs again. */
  #take(): void {
    const { scheduler, hangsUntil } = this.#valkey
    const words = this.#inbox[0]
    if (this.node === undefined || words === undefined) return
    if (scheduler.time < hangsUntil) return void scheduler.after(hangsUntil - scheduler.time, () => this.#take())
    this.#execute(words)
    this.#inbox.shift()
    this.#take()
  }

  #execute(words: string[]): void {
    const place: { text: string | null } = { text: null }
    this.#replies.push(place)
    const done = (reply: string) => {
      place.text = reply
      while (this.#replies[0]?.text != null) this.#reply(this.#replies.shift()!.text!)
    }
    const reply = this.#valkey.execute(this, words, done)
    if (reply !== null) done(reply)
  }

  #reply(text: string): void {
    const { scheduler } = this.#valkey
    const late = this.#process.cutOffFor(this.#valkey)
    this.#repliedAt = Math.max(this.#repliedAt, scheduler.time + late + this.#valkey.delay())
    scheduler.after(this.#repliedAt - scheduler.time, () => {
      if (this.node !== undefined) this.#emit('data', Buffer.from(text))
    })
  }
}
