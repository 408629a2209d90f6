// `outlived`: starts a program that knows nothing of this one. `npm`: starts this again, as npm starts a benchmark; that one
// says when it is up.
import { spawn } from 'node:child_process'
import { endWithNpm, endWithUs } from '../../bench/guard.ts'

const stdio = ['ignore', 'inherit', 'inherit'] as const
setInterval(() => {}, 1000)
if (process.argv[2] === 'outlived') {
  endWithUs(spawn('sleep', ['600'], { stdio: [...stdio] }).pid!)
  console.log('up')
} else if (process.argv[2] === 'npm') {
  const env = { ...process.env, npm_lifecycle_event: 'bench' }
  spawn(process.execPath, [...process.execArgv, import.meta.filename, 'benchmark'], { stdio: [...stdio], env })
} else {
  endWithNpm()
  console.log('up')
}
