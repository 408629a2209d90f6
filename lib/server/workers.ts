// Several processes on one port (`--workers n`): started together, replaced when one dies, reloaded one after the other on
// SIGHUP so that there is always somebody to answer, stopped together.
import cluster, { type Worker } from 'node:cluster'
import { TipfyError } from '../internal/errors.ts'
import type { Log } from '../internal/log.ts'

/** What a worker tells when it serves. */
export interface WorkerReady {
  tipfy: 'ready'
  url: string
  port: number
  sessions: string
}

/** What a worker tells that could not start, for the primary to say: in a line, with the remedy. */
export interface WorkerFailure {
  tipfy: 'failed'
  line: string
}

/** What the primary tells a worker. */
export const stopMessage = { tipfy: 'stop' } as const

/**
 * Ends the process. A worker first gives back the connections that are on their way to it: the primary hands them to
 * another, where those that a process takes with it would wait for an answer for ever.
 */
export function leave(status: number): void {
  if (!cluster.worker?.isConnected()) process.exit(status)
  cluster.worker.once('disconnect', () => process.exit(status))
  cluster.worker.disconnect()
}

/** Milliseconds before a worker that died is replaced. */
const pause = 1000

export class Workers {
  private readonly log: Log
  /** Milliseconds that a worker has to stop. */
  private readonly deadline: number
  private readonly serving = new Set<Worker>()
  /** Those that were told to stop. */
  private readonly leaving = new WeakSet<Worker>()
  private stopping = false
  private reloading: Promise<void> | null = null

  constructor(log: Log, deadline: number) {
    this.log = log
    this.deadline = deadline
  }

  /** Starts `count` workers. Rejects, with none left, if one of them does not come up. */
  async start(count: number): Promise<WorkerReady> {
    try {
      const ready = await Promise.all(Array.from({ length: count }, () => this.add()))
      return ready[0]!
    } catch (error) {
      await this.close()
      throw error
    }
  }

  private async add(): Promise<WorkerReady> {
    const worker = cluster.fork()
    const ready = await new Promise<WorkerReady>((resolve, reject) => {
      worker.on('message', (message: Partial<WorkerReady | WorkerFailure>) => {
        if (message.tipfy === 'ready') resolve(message as WorkerReady)
        if (message.tipfy === 'failed') reject(Object.assign(new Error(message.line), { code: 'TIPFY_E_WORKER' }))
      })
      // One that is going cannot be written to any more; its exit tells the rest. Only one that could not be started has no exit.
      worker.on('error', (error) => {
        if (worker.process.pid === undefined) reject(error)
      })
      worker.once('exit', (code, signal) => {
        reject(new TipfyError('TIPFY_E_WORKER', { how: signal ?? `exit status ${code}` }))
      })
    })
    this.serving.add(worker)
    worker.once('exit', (code, signal) => this.died(worker, signal ?? `exit status ${code}`))
    return ready
  }

  private died(worker: Worker, how: string): void {
    if (!this.serving.delete(worker) || this.stopping) return
    this.log.error({ pid: worker.process.pid, how }, 'A worker died and is replaced')
    const replace = () => {
      if (this.stopping) return
      this.add().catch((error: unknown) => {
        this.log.error({ err: error }, 'A worker could not be replaced; trying again')
        setTimeout(replace, pause)
      })
    }
    setTimeout(replace, pause)
  }

  /**
   * Puts a new worker in the place of each, one after the other. One that does not come up leaves the old ones serving.
   *
   * @param options.wait whether the last requests of the old ones are waited for; default: true
   */
  reload({ wait = true } = {}): Promise<void> {
    this.reloading ??= this.replaceAll(wait).finally(() => {
      this.reloading = null
    })
    return this.reloading
  }

  private async replaceAll(wait: boolean): Promise<void> {
    for (const old of [...this.serving]) {
      if (this.stopping) return
      if (!this.serving.has(old)) continue
      await this.add()
      const stopped = this.stop(old)
      if (wait) await stopped
    }
    this.log.info('All workers were reloaded')
  }

  private async stop(worker: Worker): Promise<void> {
    const served = this.serving.delete(worker)
    if (worker.isDead()) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    if (served) worker.send(stopMessage)
    else if (!this.leaving.has(worker)) worker.process.kill()
    this.leaving.add(worker)
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), this.deadline)
    await exited
    clearTimeout(timer)
  }

  /** Stops them all. */
  async close(): Promise<void> {
    this.stopping = true
    await Promise.all(Object.values(cluster.workers ?? {}).map((worker) => this.stop(worker!)))
  }
}
