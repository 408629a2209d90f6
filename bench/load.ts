// The load, in a process of its own: keep-alive connections over raw sockets, each with one request in flight. It reads no
// more of a response than it must, so that the server is what is busy. Its own CPU time is counted nowhere.
import { connect, type Socket } from 'node:net'

export interface Job {
  readonly port: number
  /** Whole requests, used in turn; with `follow` one a connection. */
  readonly requests: readonly string[]
  readonly connections: number
  /** The number of requests to make. */
  readonly total: number
  /** Each connection goes on with the cookie that its last response set. */
  readonly follow?: boolean
  /** Requests a second, begun on time whether responses have come or not; undefined: as fast as they come. */
  readonly rate?: number
  /** With `rate`: sleeps between requests, so that a processor is left for another load, and makes those of a millisecond together. */
  readonly sleeps?: boolean
}

export interface Outcome {
  readonly seconds: number
  /** Responses that were not 200. */
  readonly failed: number
  /** With `rate`: ms from when a request was due to its response, sorted. */
  readonly latencies: readonly number[]
}

class Connection {
  readonly socket: Socket
  readonly onAnswer: (connection: Connection, ok: boolean) => void
  request = ''
  due = 0
  private held = ''
  /** The length of the last response: the next one is likely to have it, too. */
  private usual = -1
  readonly follow: boolean

  constructor(port: number, follow: boolean, onAnswer: Connection['onAnswer'], onBroken: (error: Error) => void) {
    this.follow = follow
    this.onAnswer = onAnswer
    const buffer = Buffer.allocUnsafe(65_536)
    const callback = (length: number) => {
      this.take(buffer, length)
      return true
    }
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } })
    this.socket.on('error', onBroken)
    this.socket.on('close', () => onBroken(new Error('the server closed a connection')))
  }

  send(): void {
    this.socket.write(this.request, 'latin1')
  }

  private take(buffer: Buffer, length: number): void {
    // 'HTTP/1.1 2': the rest of such a response need not be looked at.
    if (this.held === '' && !this.follow && length === this.usual && buffer[9] === 50) {
      this.onAnswer(this, true)
      return
    }
    this.held += buffer.toString('latin1', 0, length)
    const end = this.held.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.held.slice(0, end)
    const size = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
    if (Number.isNaN(size)) throw new Error(`a response without Content-Length:\n${head}`)
    if (this.held.length < end + 4 + size) return
    this.usual = this.held.length
    this.held = ''
    if (this.follow) {
      const cookie = /\r\nset-cookie: ([^;\r]+)/i.exec(head)?.[1]
      if (cookie !== undefined) this.request = this.request.replace(/\r\ncookie: [^\r]+/i, `\r\nCookie: ${cookie}`)
    }
    this.onAnswer(this, head.startsWith('HTTP/1.1 2'))
  }
}

function run(job: Job): Promise<Outcome> {
  const { port, requests, connections, total, follow = false, rate, sleeps = false } = job
  return new Promise((resolve, reject) => {
    const latencies: number[] = []
    const idle: Connection[] = []
    const all: Connection[] = []
    let begun = 0
    let done = 0
    let failed = 0
    let open = 0
    let start = 0

    function broken(error: Error): void {
      if (done < total) reject(error)
    }
    function next(connection: Connection): void {
      if (!follow) connection.request = requests[begun % requests.length]!
      begun += 1
      connection.send()
    }
    function responded(connection: Connection, ok: boolean): void {
      if (!ok) failed += 1
      if (rate !== undefined) latencies.push(performance.now() - connection.due)
      done += 1
      if (done === total) finish()
      else if (rate !== undefined) idle.push(connection)
      else if (begun < total) next(connection)
    }
    function finish(): void {
      const seconds = (performance.now() - start) / 1000
      for (const { socket } of all) socket.destroy()
      resolve({ seconds, failed, latencies: latencies.sort((a, b) => a - b) })
    }
    // Due times go by the clock alone: a response that is late makes the requests behind it late, and that counts.
    let due = 0
    function pace(): void {
      const now = performance.now()
      while (due <= now && begun < total) {
        const connection = idle.pop()
        if (connection === undefined) break
        connection.due = due
        due += 1000 / rate!
        next(connection)
      }
      if (begun < total) sleeps ? setTimeout(pace, 1) : setImmediate(pace)
    }
    // Never asleep while responses are due: to wake a process costs the server that writes to it more than the write, and the
    // slower of two servers would pay it more often.
    function stayAwake(): void {
      if (done < total && !sleeps) setImmediate(stayAwake)
    }
    function begin(): void {
      start = due = performance.now()
      stayAwake()
      if (rate === undefined) for (const connection of all.slice(0, total)) next(connection)
      else {
        idle.push(...all)
        pace()
      }
    }
    for (let at = 0; at < connections; at++) {
      const connection = new Connection(port, follow, responded, broken)
      connection.request = requests[at % requests.length]!
      all.push(connection)
      connection.socket.once('connect', () => {
        open += 1
        if (open === connections) begin()
      })
    }
  })
}

process.on('disconnect', () => process.exit(0))
process.on('message', (job: Job) => {
  run(job).then(
    (outcome) => process.send!(outcome),
    (error: Error) => process.send!({ error: error.message }),
  )
})
