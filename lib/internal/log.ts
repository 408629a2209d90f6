// The application's log: one line of JSON in production, a line for a person in development.
import { isNativeError } from 'node:util/types'
import { show, tell } from './describe-error.ts'

/** Writes one line: a message, fields and a message (an error as the field `err`, with its stack), or an error alone. */
export type LogMethod = (fields: object | string, message?: string) => void

/** The log of an application, `app.log`. */
export interface Log {
  /** Written with `logLevel: 'debug'` only. */
  debug: LogMethod
  /** What happens. */
  info: LogMethod
  /** What somebody should look at one day. */
  warn: LogMethod
  /** What somebody should look at now. */
  error: LogMethod
}

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof levels)[number]

/** What a line is made of; an error alone is its own message. */
function partsOf(given: object | string, text: string | undefined): { err?: unknown; message: string; fields: object } {
  if (typeof given === 'string') return { message: text ?? given, fields: {} }
  if (isNativeError(given)) return { err: given, message: text ?? tell(given).message, fields: {} }
  try {
    const { err, ...fields } = given as { err?: unknown }
    return { err, message: text ?? '', fields }
  } catch {
    return { err: given, message: text ?? '', fields: {} }
  }
}

/** A field as JSON, or as it is shown where it cannot be: a bigint, a circle. */
function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return JSON.stringify(show(value))
  }
}

/** Makes a log that writes to `write`, standard error unless told. */
export function makeLog(
  { dev, level }: { dev: boolean; level: LogLevel },
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  function method(name: Exclude<LogLevel, 'silent'>): LogMethod {
    if (levels.indexOf(name) < levels.indexOf(level)) return () => {}
    return (given, text) => {
      const { err, message, fields } = partsOf(given, text)
      if (dev) {
        const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${json(value)}`)
        const cause = err === undefined ? '' : `\n${show(err)}`
        write(`${name === 'info' ? '' : `${name}: `}${message}${rest.join('')}${cause}\n`)
        return
      }
      const line = { severity: name.toUpperCase(), time: new Date().toISOString(), message, ...fields }
      const told = err === undefined ? {} : { err: tell(err) }
      const members = Object.entries({ ...line, ...told }).flatMap(([key, value]) => {
        const text = json(value)
        return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`]
      })
      write(`{${members.join(',')}}\n`)
    }
  }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}
