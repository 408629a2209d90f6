// The settings of an application's sessions, made once at start from its configuration.
import { resolve } from 'node:path'
import { checkConfig, type SessionConfig } from './config.ts'
import { secretKeys } from './keys.ts'

/** The parts of the application that sessions use. */
export interface SessionApp {
  readonly dev: boolean
  readonly root: string
  readonly log: SessionLog
  getConfig(module: 'tipfy/ext/session'): Readonly<SessionConfig>
  onClose(fn: () => void | Promise<void>): void
  readonly hooks: { add(event: 'preDispatchHandler', hook: never, position?: number): void }
  sessionInterface: unknown
}

export interface SessionLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Settings extends Omit<SessionConfig, 'secretKey'> {
  readonly dev: boolean
  readonly log: SessionLog
  /** Newest first. */
  readonly keys: readonly string[]
  /** An absolute path. */
  readonly dataFolder: string
  /** The time in ms. */
  readonly now: () => number
}

/** Reads the section 'tipfy/ext/session', whose keys and types the application has checked. */
export function readSettings(app: SessionApp): Settings {
  const section = app.getConfig('tipfy/ext/session')
  // A section that was left out was not checked at start: an application without sessions needs no key.
  checkConfig(section, app)
  const { secretKey, ...rest } = section
  const dataFolder = resolve(app.root, rest.dataFolder)
  const keys = secretKeys(secretKey, app.dev, dataFolder)
  const settings = { ...rest, dataFolder, dev: app.dev, log: app.log, now: () => Date.now() }
  // Not enumerable, so that the keys are not printed or serialised together with the application.
  return Object.defineProperty(settings, 'keys', { value: keys }) as Settings
}
