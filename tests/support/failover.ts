// A primary and its replica, behind one address, and what failovers do to them: the primary dies, roles swap, it restarts from
// a snapshot, or it goes on beside the new one. Replication passes through relays that can be frozen.
import { Relay, Valkey } from './valkey.ts'

export type FailoverKind = 'crash' | 'swap' | 'restart' | 'linger'

interface Member {
  server: Valkey
  /** The address that its replica connects to. */
  relay: Relay
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export class FailoverPair {
  readonly #members: [Member, Member]
  /** The address that clients connect to: it leads to the primary of the moment. */
  readonly #door: Relay
  #primary = 0
  #isClosed = false

  private constructor(members: [Member, Member], door: Relay) {
    this.#members = members
    this.#door = door
  }

  static async start(program = 'redis-server', ...options: string[]): Promise<FailoverPair> {
    const member = async () => {
      const server = await Valkey.start(program, ...options)
      return { server, relay: await Relay.to(server.port) }
    }
    const members: [Member, Member] = [await member(), await member()]
    const pair = new FailoverPair(members, await Relay.to(members[0].server.port))
    await members[1].server.follow(members[0].relay.port)
    return pair
  }

  get port(): number {
    return this.#door.port
  }

  get address(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get primary(): Valkey {
    return this.#members[this.#primary]!.server
  }

  /**
   * Fails over, with replication stopped for `lag` ms before.
   *
   * @param linger ms for which the old primary goes on, if it does
   */
  async failOver(kind: FailoverKind, { lag = 0, linger = 0 } = {}): Promise<void> {
    const [old, next] = [this.#members[this.#primary]!, this.#members[1 - this.#primary]!]
    if (kind === 'restart') {
      await old.server.command('SAVE')
      await pause(lag)
      await old.server.crash()
      if (!this.#isClosed) await old.server.run()
      return
    }
    if (lag > 0) old.relay.freeze()
    await pause(lag)
    if (kind === 'crash') await old.server.crash()
    // Scripts wait meanwhile, as in a planned failover: the roles change in one step for them.
    if (kind === 'swap') await old.server.command('CLIENT', 'PAUSE', '2000', 'WRITE')
    await next.server.promote()
    this.#door.retarget(next.server.port)
    this.#primary = 1 - this.#primary
    if (kind === 'linger') await pause(linger)
    old.relay.cut()
    if (this.#isClosed) return
    if (kind === 'crash') await old.server.run()
    await old.server.command('REPLICAOF', '127.0.0.1', String(next.relay.port))
    if (kind === 'swap') await old.server.command('CLIENT', 'UNPAUSE')
    await old.server.follow(next.relay.port)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#door.close()
    for (const { server, relay } of this.#members) {
      await relay.close()
      await server.kill()
    }
  }
}
