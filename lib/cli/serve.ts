// `tipfy serve`: serves the application of this folder.
import cluster from 'node:cluster'
import { flushCompileCache } from 'node:module'
import { runApp } from '../server/server.ts'
import { loadApp } from './load-app.ts'

/** Serves until a signal ends it. */
export async function serveCommand(options: { port?: number; host?: string; workers?: number }): Promise<void> {
  const app = await loadApp()
  const running = await runApp(app, options)
  if (cluster.isWorker) return
  console.log(`Serving on ${running.url}`)
  console.log(`Sessions: ${running.sessions}`)
  if (app.dev) console.log(`Console: ${running.url}/_tipfy/`)
  // Node writes its compile cache when the process ends, which may be by a kill.
  setTimeout(flushCompileCache, 1000).unref()
}
