// The promises that sessionStore hands out in one request. The response waits for them: work that a handler forgot to await must
// neither be lost nor end the process, and a check that it forgot must not let the request through.
import { TipfyError } from '../../internal/errors.ts'

const { then } = Promise.prototype

/** A promise that knows if it was awaited. */
class TrackedPromise<T> extends Promise<T> {
  isAwaited = false
  isCheck = false
  state: 'pending' | 'fulfilled' | 'rejected' = 'pending'
  reason: unknown

  // The promises that `then` returns are plain ones.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  // Called by `await`, Promise.all and the like.
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true
    return super.then(onFulfilled, onRejected)
  }

  /** Calls `fn` when the state is known, without counting as awaiting it. */
  onSettled(fn: () => void): void {
    const settle = (state: 'fulfilled' | 'rejected', reason?: unknown) => {
      this.state = state
      this.reason = reason
      fn()
    }
    const rejected = (reason: unknown) => settle('rejected', reason)
    then.call(this, () => settle('fulfilled'), rejected)
  }
}

export class SessionWork {
  readonly #promises: TrackedPromise<unknown>[] = []
  readonly #logLost: (error: unknown) => void

  /** @param logLost called with the error of work that was not awaited */
  constructor(logLost: (error: unknown) => void) {
    this.#logLost = logLost
  }

  /** Runs `work`. A check has to be awaited by the handler. */
  track<T>(work: () => Promise<T>, isCheck = false): Promise<T> {
    const promise = new TrackedPromise<T>((resolve, reject) => {
      work().then(resolve, reject)
    })
    promise.isCheck = isCheck
    promise.onSettled(() => {
      if (promise.state === 'rejected' && !promise.isAwaited) this.#logLost(promise.reason)
    })
    this.#promises.push(promise)
    return promise
  }

  /** True if all work is done, and none failed unseen. */
  get isDone(): boolean {
    return this.#promises.every(({ state, isAwaited }) => isAwaited && state !== 'pending')
  }

  /**
   * Waits for all work. Throws for a check that was not awaited, and the error of other work that was not; with `failed` it
   * only waits.
   */
  async finish(failed: boolean): Promise<void> {
    const isForgotten = ({ isCheck, isAwaited, state }: TrackedPromise<unknown>) =>
      isCheck && (!isAwaited || state === 'pending')
    if (!failed && this.#promises.some(isForgotten)) throw new TipfyError('TIPFY_E_SESSION_CSRF_NOT_AWAITED')
    for (const promise of this.#promises) {
      if (promise.state === 'pending' && !promise.isCheck)
        await new Promise<void>((resolve) => promise.onSettled(resolve))
    }
    const lost = this.#promises.find(({ state, isAwaited }) => !isAwaited && state === 'rejected')
    if (lost !== undefined && !failed) throw lost.reason
  }
}
