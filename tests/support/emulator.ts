// Google's own Datastore emulator, where gcloud's component and Java are on this machine.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './memcached.ts'

const jar = ['/usr/lib/google-cloud-sdk', process.env.CLOUDSDK_ROOT_DIR, '/google-cloud-sdk']
  .map((root) => `${root}/platform/cloud-datastore-emulator/CloudDatastore.jar`)
  .find((path) => existsSync(path))
const java = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'java')))

export const emulatorFound = jar !== undefined && java

/** Starts it on a free port, with nothing in it; `host` is for DATASTORE_EMULATOR_HOST. */
export async function startEmulator(): Promise<{ host: string; child: ChildProcess; stop(): Promise<void> }> {
  const folder = join(mkdtempSync(join(tmpdir(), 'tipfy-emulator-')), 'data')
  const main = ['-Xmx256m', '-cp', jar!, 'com.google.cloud.datastore.emulator.CloudDatastore']
  spawnSync('java', [...main, 'create', '--project_id=tipfy', folder], { stdio: 'ignore' })
  const host = `127.0.0.1:${await freePort()}`
  const options = ['--host=127.0.0.1', `--port=${host.split(':')[1]}`, '--testing', '--store_on_disk=false']
  const child = spawn('java', [...main, 'start', ...options, '--consistency=1.0', folder], { stdio: 'ignore' })
  while (!(await isReady(host))) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode}`)
  }
  return {
    host,
    child,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function isReady(host: string): Promise<boolean> {
  try {
    return (await fetch(`http://${host}/`)).ok
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return false
  }
}
