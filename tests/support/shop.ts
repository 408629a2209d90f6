// The example application as a program of its own, with its data in the folder that DATA names: for tests that start,
// kill and restart it. Prints its address when it serves.
import { join } from 'node:path'
import { makeApp, runApp } from 'tipfy'
import { config } from '../../config.ts'

const root = join(import.meta.dirname, '../..')
const session = { ...config['tipfy/ext/session'], dataFolder: process.env.DATA! }
const app = makeApp({ ...config, tipfy: { ...config.tipfy, accessLog: false }, 'tipfy/ext/session': session }, { root })
const running = await runApp(app, { port: Number(process.env.PORT ?? 0), host: '127.0.0.1' })
console.log(running.url)
