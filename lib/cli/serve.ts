// `tipfy serve`: the application of this folder, on the network.
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
  // Node keeps what it compiled when it ends; a server may never end well.
  setTimeout(flushCompileCache, 1000).unref()
}
