// Google's own emulators of Datastore, where the gcloud SDK and Java are on this machine. There are two: the Datastore emulator,
// and the newer Firestore emulator in Datastore mode.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { freePort } from './memcached.ts'

export type EmulatorName = 'datastore' | 'firestore'

const jars: Record<EmulatorName, string> = {
  datastore: 'platform/cloud-datastore-emulator/CloudDatastore.jar',
  firestore: 'platform/cloud-firestore-emulator/cloud-firestore-emulator.jar',
}

function onPath(command: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, command)).find((file) => existsSync(file))
}

/** Folders in which the SDK may lie: those above the `gcloud` command, and the usual ones. */
function* sdkFolders(): Generator<string> {
  const gcloud = onPath('gcloud')
  for (let folder = gcloud && dirname(realpathSync(gcloud)); folder && folder !== '/'; folder = dirname(folder))
    yield folder
  if (process.env.CLOUDSDK_ROOT_DIR) yield process.env.CLOUDSDK_ROOT_DIR
  yield* ['/usr/lib/google-cloud-sdk', '/google-cloud-sdk']
}

/** The jar of an emulator, or undefined where it or Java is missing. */
export function emulatorJar(name: EmulatorName = 'datastore'): string | undefined {
  if (!onPath('java')) return undefined
  return [...sdkFolders()].map((folder) => join(folder, jars[name])).find((jar) => existsSync(jar))
}

export const emulatorFound = emulatorJar() !== undefined

export interface Emulator {
  /** For DATASTORE_EMULATOR_HOST. */
  host: string
  port: number
  pid: number
  /** Milliseconds until it responded. */
  started: number
  close(): Promise<void>
}

/** Starts an emulator with nothing in it, and waits until it responds. @param onDisk Whether it keeps its data in a file. */
export async function startEmulator(name: EmulatorName = 'datastore', onDisk = false): Promise<Emulator> {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-emulator-'))
  const port = await freePort()
  const address = ['--host=127.0.0.1', `--port=${port}`]
  const java = ['-Xmx512m', '-cp', emulatorJar(name)!]
  const begun = performance.now()
  let child: ChildProcess
  if (name === 'datastore') {
    const main = [...java, 'com.google.cloud.datastore.emulator.CloudDatastore']
    const options = onDisk ? ['--consistency=1.0'] : ['--testing', '--store_on_disk=false', '--consistency=1.0']
    spawnSync('java', [...main, 'create', '--project_id=tipfy', folder], { stdio: 'ignore' })
    child = spawn('java', [...main, 'start', ...address, ...options, folder], { stdio: 'ignore' })
  } else {
    const main = 'com.google.cloud.datastore.emulator.firestore.CloudFirestore'
    child = spawn('java', [...java, main, ...address, '--database-mode=datastore-mode'], { stdio: 'ignore' })
  }
  const host = `127.0.0.1:${port}`
  while (!(await isReady(host))) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}`)
  }
  return {
    host,
    port,
    pid: child.pid!,
    started: performance.now() - begun,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function isReady(host: string): Promise<boolean> {
  try {
    return (await fetch(`http://${host}/`)).ok && (await speaksHttp2(host))
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return false
  }
}

/** Its port takes HTTP/1 a moment before gRPC: a client that came then would not try again for a second. */
function speaksHttp2(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${host}`)
    session.once('error', () => resolve(false))
    session.once('remoteSettings', () => session.close(() => resolve(true)))
  })
}
