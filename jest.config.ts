// The tests run as ES modules, the format that ships; jest's workers need Node's flag for that.
import type { Config } from 'jest'

process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`

const config: Config = {
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tools/jest-strip-types.js' },
  testEnvironmentOptions: { customExportConditions: ['tipfy-source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tipfy/'],
  workerIdleMemoryLimit: '1GB', // also makes every test run in a worker, where NODE_OPTIONS above counts
  maxWorkers: 2,
  testTimeout: 30_000,
}

export default config
