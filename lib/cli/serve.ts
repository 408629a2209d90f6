// `tipfy serve`: the application of this folder, on the network.
import cluster from 'node:cluster'
import { runApp } from '../server.ts'
import { loadApp } from './load-app.ts'

/** Serves until a signal ends it. */
export async function serveCommand(options: { port?: number; host?: string; workers?: number }): Promise<void> {
  const app = await loadApp()
  const running = await runApp(app, options)
  if (cluster.isWorker) return
  console.log(`Serving on ${running.url}`)
  console.log(`Sessions: ${running.sessions}`)
  if (app.dev) console.log(`Console: ${running.url}/_tipfy/`)
}
