// Records each request in development for the console, and hands the console the requests that are for it. Its pages are
// loaded when they are first opened.
import type { IncomingMessage } from 'node:http'
import type { App } from '../app/types.ts'
import { Recorder } from './console/recorder.ts'
import { shareRecordings } from './console/sharing.ts'

/** Opens the console at `/_tipfy/`. */
export function openConsole(app: App): void {
  const recorder = new Recorder()
  shareRecordings(recorder)
  app.onClose(() => recorder.close())
  app.front = (incoming, outgoing) => {
    if (!isConsole(incoming)) {
      recorder.record(incoming, outgoing)
      return false
    }
    import('./console/console.ts')
      .then(({ serveConsole }) => serveConsole(app, recorder, incoming, outgoing))
      .catch((error: unknown) => {
        app.log.error({ err: error }, 'The console failed')
        outgoing.destroy()
      })
    return true
  }
}

function isConsole({ url = '' }: IncomingMessage): boolean {
  return /^\/_tipfy(?:[/?]|$)/.test(url)
}
