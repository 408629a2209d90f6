// Several processes on one port (`--workers n`): started together, replaced when one dies, reloaded one after the other on
// SIGHUP so that one always serves, stopped together.
import cluster, { type Worker } from 'node:cluster'
import { TipfyError } from '../internal/errors.ts'
import type { Log } from '../internal/log.ts'
import { clearTimeout, setTimeout } from '../internal/timers.ts'
import { keepCounts, sharingVariable } from './shared-counts.ts'

/** A worker's message when it serves. */
export interface WorkerReady {
  tipfy: 'ready'
  url: string
  port: number
  sessions: string
}

/** A worker's message when it could not start: the error in one line, with its remedy, for the primary to print. */
export interface WorkerFailure {
  tipfy: 'failed'
  line: string
}

/** The primary's message to a worker. */
export const stopMessage = { tipfy: 'stop' } as const

/** A worker's message when it accepts no more connections; it may still have requests. */
export const closedMessage = { tipfy: 'closed' } as const

/**
 * Ends the process. A worker first returns the connections that are on their way to it, which the primary gives to another
 * worker; otherwise their clients would wait for ever.
 */
export function leave(status: number): void {
  if (!cluster.worker?.isConnected()) process.exit(status)
  cluster.worker.once('disconnect', () => process.exit(status))
  cluster.worker.disconnect()
}

/** Milliseconds before a dead worker is replaced. */
const pause = 1000

/** Milliseconds that a reload waits until an old worker has closed its port. One that is busy may need longer. */
const closingTime = 1000

/** The worker processes of this program. */
export class Workers {
  readonly #log: Log
  /** Milliseconds that a worker has to stop. */
  readonly #deadline: number
  readonly #serving = new Set<Worker>()
  /** Workers that were told to stop. */
  readonly #leaving = new WeakSet<Worker>()
  #stopping = false
  #reloading: Promise<void> | null = null
  /** The reload that begins after that. */
  #nextReload: Promise<void> | null = null

  constructor(log: Log, deadline: number) {
    this.#log = log
    this.#deadline = deadline
  }

  /** Starts `count` workers. If one of them fails, stops the others and rejects. */
  async start(count: number): Promise<WorkerReady> {
    keepCounts()
    try {
      const ready = await Promise.all(Array.from({ length: count }, () => this.#add()))
      return ready[0]!
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async #add(): Promise<WorkerReady> {
    const worker = cluster.fork({ [sharingVariable]: '1' })
    const ready = await new Promise<WorkerReady>((resolve, reject) => {
      worker.on('message', (message: Partial<WorkerReady | WorkerFailure>) => {
        if (message.tipfy === 'ready') resolve(message as WorkerReady)
        if (message.tipfy === 'failed') reject(Object.assign(new Error(message.line), { code: 'TIPFY_E_WORKER' }))
      })
      // An error of a running worker is followed by its exit; only one that could not be started has none.
      worker.on('error', (error) => {
        if (worker.process.pid === undefined) reject(error)
      })
      worker.once('exit', (code, signal) => {
        reject(new TipfyError('TIPFY_E_WORKER', { how: signal ?? `exit status ${code}` }))
      })
    })
    this.#serving.add(worker)
    worker.once('exit', (code, signal) => this.#died(worker, signal ?? `exit status ${code}`))
    return ready
  }

  #died(worker: Worker, how: string): void {
    if (!this.#serving.delete(worker) || this.#stopping) return
    this.#log.error({ pid: worker.process.pid, how }, 'A worker died and is replaced')
    const replace = () => {
      if (this.#stopping) return
      this.#add().catch((error: unknown) => {
        this.#log.error({ err: error }, 'A worker could not be replaced; trying again')
        setTimeout(replace, pause)
      })
    }
    setTimeout(replace, pause)
  }

  /**
   * Replaces each worker by a new one, one after the other. If a new one fails, the old ones go on. While a reload is under way, the
   * next one begins after it: what has changed meanwhile would be missed by the workers that are new already.
   *
   * @param options.wait wait for the last requests of each old one, not only until it gets no more; default: true
   */
  reload({ wait = true } = {}): Promise<void> {
    if (this.#reloading === null) return this.#reload(wait)
    this.#nextReload ??= this.#reloading.catch(() => {}).then(() => this.#reload(wait))
    return this.#nextReload
  }

  #reload(wait: boolean): Promise<void> {
    this.#nextReload = null
    const reloading = this.#replaceAll(wait).finally(() => {
      if (this.#reloading === reloading && this.#nextReload === null) this.#reloading = null
    })
    this.#reloading = reloading
    return reloading
  }

  async #replaceAll(wait: boolean): Promise<void> {
    for (const old of [...this.#serving]) {
      if (this.#stopping) return
      if (!this.#serving.has(old)) continue
      try {
        await this.#add()
      } catch (error) {
        if (this.#stopping) return // it was stopped, too
        throw error
      }
      const closed = new Promise<void>((resolve) => {
        old.on('message', (message: { tipfy?: string }) => message.tipfy === closedMessage.tipfy && resolve())
        if (!wait) setTimeout(resolve, closingTime).unref()
      })
      const stopped = this.#stop(old)
      await (wait ? stopped : Promise.race([closed, stopped]))
    }
    // The signal to stop may have come before the one to reload, if both did at once.
    if (!this.#stopping) this.#log.info('All workers were reloaded')
  }

  async #stop(worker: Worker): Promise<void> {
    const served = this.#serving.delete(worker)
    if (worker.isDead()) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    if (served) worker.send(stopMessage)
    else if (!this.#leaving.has(worker)) worker.process.kill()
    this.#leaving.add(worker)
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.#deadline)
    await exited
    clearTimeout(timer)
  }

  /** Stops all workers. */
  async close(): Promise<void> {
    this.#stopping = true
    await Promise.all(Object.values(cluster.workers ?? {}).map((worker) => this.#stop(worker!)))
  }
}
