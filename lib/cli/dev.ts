// `tipfy dev`: serves the application of this folder and restarts it when its code changes.
import cluster from 'node:cluster'
import { relative, sep } from 'node:path'
import type { App } from '../app/types.ts'
import { type DevMessage, supervise } from '../dev/reload.ts'
import { serveFailure } from '../dev/reload-page.ts'
import { inspectError } from '../internal/describe-error.ts'
import { TipfyError } from '../internal/errors.ts'
import { findModule, parseImportString } from '../internal/import-string.ts'
import type { Rule } from '../routing/index.ts'
import { defaultPort, runApp } from '../server/server.ts'
import { untilSignal } from '../server/until-signal.ts'
import { closedMessage, leave, stopMessage, type WorkerReady } from '../server/workers.ts'
import { describeFailure } from './failure.ts'
import { configFile, loadApp } from './load-app.ts'
import { print, printError } from './output.ts'

interface Options {
  port?: number
  host?: string
}

/** Errors that no change of the code can mend; they end `tipfy dev`. */
const final = /^TIPFY_E_(?:PORT|PORT_IN_USE|PORT_DENIED|HOST|DATA_FOLDER|CONFIG_FILE)$/

/** Serves until a signal ends it. */
export async function devCommand(options: Options): Promise<void> {
  if (cluster.isWorker) return work(options)
  configFile(process.cwd())
  const supervisor = await untilSignal(() => supervise(process.cwd(), print))
  print(`Serving on ${supervisor.url}, restarting on every change`)
  print(`Sessions: ${supervisor.sessions}`)
  print(`Console: ${supervisor.url}/_tipfy/`)
}

const send = (message: DevMessage | WorkerReady) => process.send!(message)

async function work(options: Options): Promise<void> {
  let app: App | undefined
  try {
    app = await loadApp({ dev: true })
    await runApp(app, { host: '127.0.0.1', ...options })
  } catch (error) {
    if (error instanceof TipfyError && final.test(error.code)) throw error
    await showFailure(error, options)
    return
  }
  outliveErrors()
  await tryHandlers(app)
}

/**
 * Replaces this process after an uncaught error, which would end it: another one takes over first, as after a change of the
 * code, so that the port stays open and other requests are served.
 */
function outliveErrors(): void {
  let isReported = false
  process.on('uncaughtException', (error) => {
    printError(`An uncaught error, which in production ends the process:\n${inspectError(error)}`)
    if (isReported) return
    isReported = true
    process.on('message', (message: { tipfy?: string }) => {
      // Does not wait for the request that the error left unfinished.
      if (message.tipfy === stopMessage.tipfy) setTimeout(leave, 2000, 1)
    })
    send({ tipfy: 'uncaught' })
  })
}

/** Imports the handlers before a request needs them: mistakes in them are shown at once. */
async function tryHandlers(app: App): Promise<void> {
  const rules: Record<string, string[]> = {}
  for (const rule of app.urlMap!.rules()) {
    if (!rule.hasHandler) continue
    const file = handlerFile(app, rule)
    if (file !== undefined) rules[file] = [...(rules[file] ?? []), rule.path]
  }
  for (const { error } of await app.handlers.loadAll(app.urlMap!.rules())) {
    printError(describeFailure(error))
  }
  send({ tipfy: 'handlers', rules })
}

/** Returns the file of a rule's handler, relative to the root; undefined if the handler stands in urls.ts. */
function handlerFile({ root, folders }: App, { handler, endpoint }: Rule): string | undefined {
  const target: unknown = handler ?? endpoint
  if (typeof target !== 'string') return undefined
  const file = findModule(parseImportString(target, 'a rule', 'Handler').module, folders)
  return file && relative(root, file).split(sep).join('/')
}

/** Shows an error of the start in the terminal, and as every page until the code is mended. */
async function showFailure(error: unknown, options: Options): Promise<void> {
  const line = describeFailure(error)
  printError(line)
  const { port = defaultPort(), host = '127.0.0.1' } = options
  const server = await serveFailure(line.replace(/^tipfy: /, ''), error, port, host)
  const stop = () => {
    server.close(() => leave(0))
    if (cluster.worker!.isConnected()) process.send!(closedMessage)
  }
  process.on('message', (message: { tipfy?: string }) => {
    if (message.tipfy === stopMessage.tipfy) stop()
  })
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const address = server.address() as { port: number }
  send({ tipfy: 'broken' })
  send({ tipfy: 'ready', url: `http://localhost:${address.port}`, port: address.port, sessions: 'none' })
}
