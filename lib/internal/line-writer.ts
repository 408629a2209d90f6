// Writes lines to standard output or error, which may be a full disk, a closed pipe or one whose reader is stuck: then lines are
// dropped and counted, the process goes on, and the number is written when lines can be written again.
import { constants, fstatSync, openSync, writeSync } from 'node:fs'
import { block, clearTimeout, setTimeout } from './timers.ts'

/** Bytes that wait for the reader of a full pipe; further lines are dropped. */
const maxWaiting = 1024 * 1024

/** Milliseconds until waiting lines are written. */
const [batchTime, retryTime] = [1000, 50]

/** Milliseconds for a full pipe when the process ends. */
const maxExitTime = 1000

const nothing = Buffer.alloc(0)

export interface LineWriterOptions {
  /** Bytes that are gathered before they are written. Default: 0, each line at once. */
  batchSize?: number
  /** Makes the line that tells how many were dropped. */
  lossLine?: (lines: number) => string
  /** Called with the error's code when lines begin to be lost. */
  onLoss?: (code: string) => void
}

export class LineWriter {
  readonly #fd: number
  readonly #batchSize: number
  readonly #lossLine: (lines: number) => string
  readonly #onLoss: (code: string) => void
  #text = ''
  #bytes: Buffer = nothing
  #lost = 0
  /** The last thing written was the beginning of a line. */
  #isCut = false
  #timer: NodeJS.Timeout | undefined

  constructor(fd: number, options: LineWriterOptions = {}) {
    this.#fd = withoutWaiting(fd)
    this.#batchSize = options.batchSize ?? 0
    this.#lossLine = options.lossLine ?? ((lines) => `${lines} lines were lost\n`)
    this.#onLoss = options.onLoss ?? (() => {})
  }

  /** Writes a line, which ends with a line feed, now or with others. Never throws. */
  write(line: string): void {
    if (this.#text.length + this.#bytes.length > maxWaiting) {
      this.#lose(1, 'EAGAIN')
      return
    }
    this.#text += line
    if (this.#text.length > this.#batchSize && this.#bytes.length === 0) this.flush()
    else this.#timer ??= setTimeout(this.flush, this.#bytes.length === 0 ? batchTime : retryTime).unref()
  }

  /** Writes everything that waits, as far as it can be written. */
  readonly flush = (): void => {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#put()
    if (this.#bytes.length > 0) this.#timer = setTimeout(this.flush, retryTime).unref()
    else if (this.#lost > 0 && !this.#isCut) this.#reportLoss()
  }

  /** Waits a moment for a full pipe, at the end of the process. */
  readonly drain = (): void => {
    const end = performance.now() + maxExitTime
    for (this.flush(); this.#bytes.length > 0 && performance.now() < end; this.flush()) block(10)
  }

  #reportLoss(): void {
    const lost = this.#lost
    this.#text = this.#lossLine(lost)
    this.#put()
    // Minus what was lost before; if the line itself was lost too, the count stays.
    this.#lost = this.#lost > lost ? lost : 0
  }

  #put(): void {
    const text = Buffer.from(this.#text)
    const bytes = this.#bytes.length === 0 ? text : Buffer.concat([this.#bytes, text])
    this.#text = ''
    this.#bytes = nothing
    let at = 0
    try {
      if (this.#isCut && bytes.length > 0) writeSync(this.#fd, '\n')
      this.#isCut = false
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at)
    } catch (error) {
      const rest = bytes.subarray(at)
      const { code = '' } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') {
        this.#bytes = rest
        return
      }
      this.#isCut ||= at > 0 && bytes[at - 1] !== 10
      this.#lose(
        rest.reduce((lines, byte) => (byte === 10 ? lines + 1 : lines), 0),
        code,
      )
    }
  }

  #lose(lines: number, code: string): void {
    const isFirst = this.#lost === 0
    this.#lost += lines
    if (isFirst) this.#onLoss(code)
  }
}

/** Makes writes to a pipe fail where they would wait. A pipe is opened once more; a socket is left to Node, which does that itself. */
function withoutWaiting(fd: number): number {
  try {
    const file = fstatSync(fd)
    if (file.isSocket()) void (fd === 1 ? process.stdout : process.stderr)
    if (process.platform !== 'linux' || !file.isFIFO()) return fd
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return fd
  }
}
