// Runs something until SIGTERM or SIGINT. A signal may come before it has started: then the start ends first, and what it has
// opened is closed.
import cluster from 'node:cluster'
import { setTimeout } from '../internal/timers.ts'
import { closedMessage, leave, stopMessage } from './workers.ts'

interface Closable {
  close(): Promise<void>
}

interface Parts {
  /** Closes what a start has opened that failed, or that did not end in time. Default: nothing is to be closed. */
  unstarted?: Closable
  /** Milliseconds that a start has after a signal. Default: 15,000. */
  patience?: number
  /** Called with what `close` throws. */
  onError?(error: unknown): void
}

/**
 * Starts something, and stops it when a signal, or the primary process, says so: the process ends with 0, or with 1 if it could not be
 * closed. A second signal ends it at once, with 1.
 *
 * @returns what was started; never, if a signal came before
 */
export async function untilSignal<T extends Closable>(start: () => Promise<T>, parts: Parts = {}): Promise<T> {
  let isStopping = false
  const starting = start()
  async function close(): Promise<void> {
    const late = new Promise<null>((resolve) => setTimeout(resolve, parts.patience ?? 15_000, null).unref())
    const running = await Promise.race([starting.catch(() => null), late])
    const closed = (running ?? parts.unstarted)?.close()
    if (cluster.worker?.isConnected()) process.send!(closedMessage)
    await closed
  }
  function stop(): void {
    isStopping = true
    close().then(
      () => leave(0),
      (error: unknown) => {
        parts.onError?.(error)
        leave(1)
      },
    )
  }
  const signalled = () => (isStopping ? process.exit(1) : stop())
  process.on('SIGTERM', signalled)
  process.on('SIGINT', signalled)
  const told = (message: { tipfy?: string }) => {
    if (message.tipfy === stopMessage.tipfy && !isStopping) stop()
  }
  if (cluster.isWorker) process.on('message', told)
  const never = new Promise<never>(() => {})
  try {
    const running = await starting
    return isStopping ? await never : running
  } catch (error) {
    if (isStopping) return await never
    process.off('SIGTERM', signalled).off('SIGINT', signalled).off('message', told)
    throw error
  }
}
