// Google's own emulator, where this machine has one: beside the `gcloud` command, with a Java to run it.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const JAR = 'platform/cloud-datastore-emulator/CloudDatastore.jar'

function onPath(command: string): string | undefined {
  return process.env['PATH']!.split(delimiter)
    .map((folder) => join(folder, command))
    .find((file) => existsSync(file))
}

/** The emulator's jar, or undefined where there is none. */
export function emulatorJar(): string | undefined {
  const gcloud = onPath('gcloud')
  if (!gcloud || !onPath('java')) return undefined
  for (let folder = dirname(realpathSync(gcloud)); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, JAR))) return join(folder, JAR)
  }
  return undefined
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export interface Emulator {
  port: number
  pid: number
  /** Milliseconds until it answered. */
  started: number
  close(): Promise<void>
}

/** Starts the emulator and waits until its health check says Ok. @param onDisk Whether it keeps its data in a file. */
export async function startEmulator(jar: string, onDisk = false): Promise<Emulator> {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-emulator-'))
  const java = ['-cp', jar, 'com.google.cloud.datastore.emulator.CloudDatastore']
  if (onDisk) spawnSync('java', [...java, 'create', '--project_id=emulator', folder])
  const port = await freePort()
  const begun = performance.now()
  const options = ['--host=127.0.0.1', `--port=${port}`, onDisk ? '--consistency=1.0' : '--testing', folder]
  const child: ChildProcess = spawn('java', [...java, 'start', ...options], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}`)
    const ok = await fetch(`http://127.0.0.1:${port}/`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ok) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    port,
    pid: child.pid!,
    started: performance.now() - begun,
    async close() {
      child.kill()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
