// A memcached with everything that happens to one: entries evicted at any moment, flushes, restarts that count ids anew
// and cut connections, hanging, answers that come too late.
import type { CacheConnection, CacheLink, CasId } from '../../../../lib/ext/session/cache/ports.ts'
import type { Process, Scheduler } from './scheduler.ts'

interface Cell {
  value: string
  cas: number
  until: number
}

export class SimMemcached {
  readonly cells = new Map<string, Cell>()
  /** True if new connections are accepted. */
  up = true
  /** Calls wait until then. */
  hangsUntil = 0
  /** The probability of a call that takes longer than anybody waits. */
  slow = 0
  onCall: (kind: string) => void = () => {}
  /** Called when a writer's value is stored, with the record. */
  onPut: (value: string) => void = () => {}
  readonly #name: string
  readonly #scheduler: Scheduler
  readonly #connections = new Set<{ cut: () => void }>()
  #run = 0
  #cas = 1

  constructor(scheduler: Scheduler, name: string) {
    this.#scheduler = scheduler
    this.#name = name
  }

  restart(): void {
    this.#run++
    this.#cas = 1
    this.cells.clear()
    for (const connection of [...this.#connections]) connection.cut()
  }

  link(process: Process): CacheLink {
    return {
      name: this.#name,
      connect: () =>
        new Promise((resolve, reject) => {
          this.#scheduler.after(this.#delay(), () => {
            if (!process.alive) return
            if (!this.up) return process.receive(() => reject(new Error('refused')))
            if (this.#scheduler.time < this.hangsUntil || process.cutOffFor(this) > 0) return
            const connection = this.#connection(process)
            process.receive(() => resolve(connection))
          })
        }),
    }
  }

  #connection(process: Process): CacheConnection {
    const run = this.#run
    const pending = new Set<(error: Error) => void>()
    const state = {
      alive: true,
      cut: () => {
        state.alive = false
        this.#connections.delete(state)
        for (const reject of pending) reject(new Error('the connection was lost'))
        pending.clear()
      },
    }
    this.#connections.add(state)
    const call = <T>(kind: string, execute: () => T): Promise<T> => {
      this.onCall(`cache ${kind}`)
      return new Promise((resolve, reject) => {
        if (!state.alive) return reject(new Error('the connection was lost'))
        pending.add(reject)
        const arrive = () => {
          if (run !== this.#run) return
          // What the network holds back arrives later, also if nobody waits for it any more.
          const wait = Math.max(this.hangsUntil - this.#scheduler.time, process.cutOffFor(this))
          if (wait > 0) return void this.#scheduler.after(wait + this.#scheduler.random(), arrive)
          const result = execute()
          this.#scheduler.after(process.cutOffFor(this) + this.#delay(), () => {
            process.receive(() => {
              if (pending.delete(reject)) resolve(result)
            })
          })
        }
        this.#scheduler.after(this.#delay(), arrive)
      })
    }
    return {
      get alive() {
        return state.alive
      },
      get: (key) => call('get', () => this.#copy(this.#cell(key))),
      add: (key, value, seconds) => call('add', () => (this.#cell(key) ? null : this.#put(key, value, seconds))),
      replace: (key, value, seconds, cas) =>
        call('replace', () => {
          const cell = this.#cell(key)
          if (cell === undefined || cell.cas !== cas) return null
          if (!cell.value.startsWith('lease ')) this.onPut(value)
          return this.#put(key, value, seconds)
        }),
      delete: (key, cas?: CasId) =>
        call('delete', () => {
          const cell = this.#cell(key)
          return cell !== undefined && (cas === undefined || cell.cas === cas) && this.cells.delete(key)
        }),
      close: state.cut,
    }
  }

  #delay(): number {
    if (this.#scheduler.chance(this.slow)) return this.#scheduler.between(20, 120)
    return this.#scheduler.between(0.05, 4)
  }

  #copy(cell: Cell | undefined): { value: string; cas: CasId } | null {
    return cell === undefined ? null : { value: cell.value, cas: cell.cas }
  }

  #cell(key: string): Cell | undefined {
    const cell = this.cells.get(key)
    if (cell === undefined || cell.until > this.#scheduler.time) return cell
    this.cells.delete(key)
    return undefined
  }

  #put(key: string, value: string, seconds: number): number {
    const cas = this.#cas++
    this.cells.set(key, { value, cas, until: this.#scheduler.time + seconds * 1000 })
    return cas
  }
}
