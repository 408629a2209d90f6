// The application's log: one line of JSON in production, a line for a person in development.
import { inspect } from 'node:util'
import { isNativeError } from 'node:util/types'

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

function plainError(error: unknown): unknown {
  const { name, message, stack, code, cause } = error as Error & { code?: unknown }
  return { name, message, code, stack, cause: cause === undefined ? undefined : plainError(cause) }
}

/** Makes a log that writes to `write`, standard error unless told. */
export function makeLog(
  { dev, level }: { dev: boolean; level: LogLevel },
  write: (line: string) => void = (line) => process.stderr.write(line),
): Log {
  function method(name: Exclude<LogLevel, 'silent'>): LogMethod {
    if (levels.indexOf(name) < levels.indexOf(level)) return () => {}
    return (given, text) => {
      const isError = isNativeError(given)
      const { err, ...fields } = (typeof given === 'string' ? {} : isError ? { err: given } : given) as Record<
        string,
        unknown
      >
      const message = text ?? (typeof given === 'string' ? given : isError ? given.message : '')
      if (!dev) {
        const line = { severity: name.toUpperCase(), time: new Date().toISOString(), message, ...fields }
        write(`${JSON.stringify(err === undefined ? line : { ...line, err: plainError(err) })}\n`)
        return
      }
      const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
      const cause = err === undefined ? '' : `\n${inspect(err)}`
      write(`${name === 'info' ? '' : `${name}: `}${message}${rest.join('')}${cause}\n`)
    }
  }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}
