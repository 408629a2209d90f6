// Programs that know nothing of who started them (memcached, a server under `tipfy serve`) end with this process all the
// same, however it ends: a shell waits for the end of a pipe that only this process holds open.
import { spawn } from 'node:child_process'

/** Has the process `pid` killed when this one ends. Call what it returns once it has ended by itself. */
export function endWithUs(pid: number): () => void {
  const script = 'trap "" INT TERM HUP; read _; kill -9 "$1"'
  const shell = spawn('sh', ['-c', script, 'sh', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
  shell.unref()
  return () => void shell.kill('SIGKILL')
}

/** Ends this process with the `npm` that runs it, which may be killed without a word. */
export function endWithNpm(): void {
  const { ppid } = process
  if (process.env.npm_lifecycle_event === undefined) return
  setInterval(() => {
    if (process.ppid !== ppid) process.exit(1)
  }, 500).unref()
}
