// The application that the tests of the server ask: a few handlers that answer at once, late, long, or with what they got.
import { Readable } from 'node:stream'
import type { Config } from 'tipfy'
import { RequestHandler, Rule, type RunningServer, request, response } from 'tipfy'
import { start } from '../support/application.ts'

/** The promise that a slow handler waits for. */
export class Gate {
  entered = 0
  open: () => void = () => {}
  private readonly opened = new Promise<void>((resolve) => {
    this.open = resolve
  })

  pass(): Promise<void> {
    this.entered++
    return this.opened
  }

  /** Until `count` requests wait here. */
  async waiting(count: number): Promise<void> {
    while (this.entered < count) await new Promise((resolve) => setImmediate(resolve))
  }
}

export let gate = new Gate()

/** A new gate, closed, in place of one that was opened. */
export function closeGate(): Gate {
  gate = new Gate()
  return gate
}

class Hello extends RequestHandler {
  get() {
    return 'hello'
  }
}

class Slow extends RequestHandler {
  async get() {
    await gate.pass()
    return 'slow'
  }
}

class Echo extends RequestHandler {
  async post() {
    response.mimetype = 'text/plain'
    return `[${await request.text()}]`
  }
}

class Ignore extends RequestHandler {
  post() {
    return 'ignored'
  }
}

class Show extends RequestHandler {
  get() {
    return { path: request.path, rawPath: request.rawPath, host: request.host, query: request.rawQuery }
  }
}

class Long extends RequestHandler {
  get() {
    const piece = Buffer.alloc(64 * 1024, 'x')
    let left = Number(request.args.get('mb', '1')) * 16
    return new Readable({
      read() {
        this.push(left-- > 0 ? piece : null)
      },
    })
  }
}

class Files extends RequestHandler {
  async post() {
    const files = await request.files()
    return [...files.values()].map((file) => [file.filename, file.size])
  }
}

const getRules = () => [
  new Rule('/', { endpoint: 'hello', handler: Hello }),
  new Rule('/slow', { endpoint: 'slow', handler: Slow }),
  new Rule('/echo', { endpoint: 'echo', handler: Echo }),
  new Rule('/ignore', { endpoint: 'ignore', handler: Ignore }),
  new Rule('/show/<path:rest>', { endpoint: 'show', handler: Show }),
  new Rule('/show', { endpoint: 'show2', handler: Show }),
  new Rule('/long', { endpoint: 'long', handler: Long }),
  new Rule('/files', { endpoint: 'files', handler: Files }),
]

/** Serves it, with a closed gate. */
export async function site(tipfy: Config['tipfy'] = {}): Promise<RunningServer> {
  closeGate()
  return start(getRules(), { tipfy })
}
