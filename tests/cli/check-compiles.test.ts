// `tipfy check` leaves compiled code for the starts that follow it.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { startProgram } from '../support/process.ts'
import { bin, project, removeProjects } from '../support/project.ts'

afterAll(removeProjects)

const config = (datastore: string) => `export const config = {
  tipfy: { accessLog: false, hooks: { posInitApp: ['tipfy/ext/session:setDatastoreSession'] } },
  'tipfy/ext/session': { secretKey: 'w3HsG0TzqvXKJbM5ncYf9RaLpZ2UxE7dBk4NoQ1t', datastore: '${datastore}' },
}
`

test.each(['embedded', 'auto'])('after a check, a start in production compiles no module anew: %s', async (kind) => {
  const folder = project({ 'config.ts': config(kind) })
  const compiled = () =>
    readdirSync(join(folder, 'node_modules/.cache/tipfy'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
  const env = { NODE_ENV: 'production', METADATA_SERVER_DETECTION: 'none' }
  // As in the Dockerfile of `tipfy init`: no Datastore is named when the image is built.
  const check = startProgram(bin, ['check'], { NODE_ENV: 'development' }, folder)
  expect(await check.ended()).toBe(0)
  const before = new Set(compiled())
  expect(before.size).toBeGreaterThan(100)
  const cloud: Record<string, string> = kind === 'auto' ? { DATASTORE_EMULATOR_HOST: '127.0.0.1:9' } : {}
  const serve = startProgram(bin, ['serve', '--port', '0'], { ...env, ...cloud }, folder)
  await serve.line(/^Serving on/)
  expect(await serve.end('SIGTERM')).toBe(0)
  expect(compiled().filter((name) => !before.has(name))).toEqual([])
})
