// `tipfy serve`: serves the application of this folder.
import cluster from 'node:cluster'
import module from 'node:module'
import type { App } from '../app/types.ts'
import { runPrepared } from '../server/server.ts'
import { loadApp } from './load-app.ts'

/** Imports the handlers before the first request. One that cannot be imported is logged, and is an error of its requests. */
async function importHandlers(app: App): Promise<void> {
  await app.ready()
  for (const { rule, error } of await app.handlers.loadAll(app.urlMap!.rules())) {
    app.log.error({ err: error }, `The handler of rule "${rule.path}" cannot be imported`)
  }
}

/** Serves until a signal ends it. */
export async function serveCommand(options: { port?: number; host?: string; workers?: number }): Promise<void> {
  const app = await loadApp()
  const running = await runPrepared(app, options, () => importHandlers(app))
  if (cluster.isWorker) return
  console.log(`Serving on ${running.url}`)
  console.log(`Sessions: ${running.sessions}`)
  if (app.dev) console.log(`Console: ${running.url}/_tipfy/`)
  // Node writes its compile cache when the process ends, which may be by a kill.
  setTimeout(() => module.flushCompileCache?.(), 1000).unref()
}
