// Child processes for tests: started, read line by line, and ended by their own id.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setImmediate as turn } from 'node:timers/promises'

const flags = ['-C', 'tipfy-source', '--disable-warning=ExperimentalWarning']

export interface Program {
  child: ChildProcess
  /** The first line of standard output that matches, as matched. */
  line(pattern: RegExp): Promise<RegExpMatchArray>
  /** Everything it wrote to standard error so far. */
  errors(): string
  /** Its end: the exit status, or the signal's name. */
  ended(): Promise<number | string>
  /** Sends a signal and waits for the end: the exit status, or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string>
}

/** Starts a TypeScript program of this repository under the Node that runs the tests. */
export function startProgram(
  file: string,
  args: string[] = [],
  env: Record<string, string> = {},
  cwd?: string,
): Program {
  // jest's own options (vm modules) are no business of the child.
  const child = spawn(process.execPath, [...flags, file, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout! }).on('line', (line) => {
    lines.push(line)
    for (const look of [...waiting]) look()
  })
  let errors = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  // What it wrote to standard error before a line, or before its end, has come, but may be read later in the same turn.
  const exited = once(child, 'exit').then((end) => turn(end))
  return {
    child,
    errors: () => errors,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        function look() {
          const found = lines.map((line) => line.match(pattern)).find((match) => match !== null)
          if (found == null) return
          waiting.delete(look)
          turn().then(() => resolve(found))
        }
        waiting.add(look)
        look()
        exited.then(() => {
          const written = `${lines.join('\n')}\n${errors}`
          if (waiting.has(look)) reject(new Error(`It ended without a line like ${pattern}. It wrote:\n${written}`))
        })
      }),
    ended: async () => {
      const [code, name] = await exited
      return code ?? name
    },
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return this.ended()
    },
  }
}
