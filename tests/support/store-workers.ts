// Starts tests/ext/session/repository/worker.ts as real processes and speaks to them.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { WorkerOptions } from '../ext/session/repository/worker.ts'

export class StoreWorker {
  readonly child: ChildProcess
  /** The reports of `count`. */
  readonly counted: number[] = []
  #calls = 0
  readonly #open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()

  private constructor(child: ChildProcess) {
    this.child = child
    child.on('message', (message: { call?: number; result?: never; error?: string; counted?: number }) => {
      if (message.counted !== undefined) this.counted.push(message.counted)
      const open = this.#open.get(message.call ?? -1)
      if (open === undefined) return
      this.#open.delete(message.call!)
      if (message.error === undefined) open.resolve(message.result!)
      else open.reject(new Error(message.error))
    })
    child.on('exit', () => {
      for (const { reject } of this.#open.values()) reject(new Error('the process has ended'))
    })
  }

  static async start(options: WorkerOptions, env: Record<string, string> = {}): Promise<StoreWorker> {
    const child = fork(new URL('../ext/session/repository/worker.ts', import.meta.url), [JSON.stringify(options)], {
      execArgv: ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, NODE_OPTIONS: '', METADATA_SERVER_DETECTION: 'none', ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const worker = new StoreWorker(child)
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the process has ended')))
    await Promise.race([once(child, 'message'), ended])
    ended.catch(() => {})
    return worker
  }

  call<T>(method: string, ...args: unknown[]): Promise<T> {
    const call = ++this.#calls
    return new Promise<T>((resolve, reject) => {
      this.#open.set(call, { resolve: resolve as (value: never) => void, reject })
      this.child.send({ call, method, args })
    })
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.call('close').catch(() => {})
    await ended
  }
}
