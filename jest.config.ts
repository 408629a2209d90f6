// The tests run as ES modules, the format that ships; jest's workers need Node's flag for that.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from 'jest'

process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`

// Temporary files of the tests and their programs, which may be killed, go when all is over. Some programs run as another user.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'tipfy-tests-'))
chmodSync(process.env.TMPDIR, 0o1777)
process.on('exit', () => rmSync(process.env.TMPDIR!, { recursive: true, force: true, maxRetries: 3 }))

const config: Config = {
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tools/jest-strip-types.js' },
  testEnvironmentOptions: { customExportConditions: ['tipfy-source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tipfy/'],
  workerIdleMemoryLimit: '1GB', // also makes every test run in a worker, where NODE_OPTIONS above counts
  maxWorkers: 2,
  testTimeout: 60_000,
}

export default config
