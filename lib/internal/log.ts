// The log of the application and that of its requests: one line of JSON in production, with the names that Cloud Logging knows,
// a line for a person in development.
import { isNativeError } from 'node:util/types'
import { describeError, inspectError } from './describe-error.ts'
import { LineWriter } from './line-writer.ts'
import { escapeControls } from './redact.ts'

/** Writes one line: a message, fields and a message (an error as the field `err`, with its stack), or an error alone. */
export type LogMethod = (fields: object | string, message?: string) => void

/** The log of an application, `app.log`. */
export interface Log {
  /** Written with `logLevel: 'debug'` only. */
  debug: LogMethod
  /** Ordinary events. */
  info: LogMethod
  /** To be looked at some day. */
  warn: LogMethod
  /** To be looked at now. */
  error: LogMethod
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
type Level = Exclude<LogLevel, 'silent'>

const severities: Record<Level, string> = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' }

/** Takes a line apart; the message of an error alone is its own. */
function partsOf(given: object | string, text: string | undefined): { err?: unknown; message: string; fields: object } {
  if (typeof given === 'string') return { message: text ?? given, fields: {} }
  if (isNativeError(given)) return { err: given, message: text ?? describeError(given).message, fields: {} }
  try {
    const { err, ...fields } = given as { err?: unknown }
    return { err, message: text ?? '', fields }
  } catch {
    return { err: given, message: text ?? '', fields: {} }
  }
}

/** A field as JSON, or as a text if JSON cannot hold it: a bigint, a circle. */
export function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return JSON.stringify(inspectError(value))
  }
}

/** A line of JSON. */
export function jsonLine(level: Level, message: string, fields: object): string {
  const line = { severity: severities[level], time: new Date().toISOString(), message, ...fields }
  try {
    return `${JSON.stringify(line)}\n`
  } catch {
    const members = Object.entries(line).flatMap(([key, value]) => {
      const text = json(value)
      return text === undefined ? [] : [`${JSON.stringify(key)}:${text}`]
    })
    return `{${members.join(',')}}\n`
  }
}

function humanLine(level: Level, message: string, fields: object, err: unknown): string {
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${json(value)}`)
  const cause = err === undefined ? '' : `\n${inspectError(err)}`
  return `${level === 'info' ? '' : `${level}: `}${message}${escapeControls(rest.join('') + cause)}\n`
}

/** Makes a log. */
export function makeLog(
  { dev, level }: { dev: boolean; level: LogLevel },
  write: (line: string) => void = (line) => standardWriter('error', dev).write(line),
): Log {
  function method(name: Level): LogMethod {
    if (logLevels.indexOf(name) < logLevels.indexOf(level)) return () => {}
    return (given, text) => {
      const { err, message, fields } = partsOf(given, text)
      if (dev) write(humanLine(name, message, fields, err))
      else write(jsonLine(name, message, err === undefined ? fields : { ...fields, err: describeError(err) }))
    }
  }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}

const writers: { output?: LineWriter; error?: LineWriter } = {}

/** The writer of standard output, which in production gathers lines, or of standard error. */
export function standardWriter(name: 'output' | 'error', dev: boolean): LineWriter {
  const known = writers[name]
  if (known !== undefined) return known
  const lossLine = (lines: number) => {
    const text = `${lines} lines of the log could not be written`
    return dev ? `${text}\n` : jsonLine('warn', text, { lost: lines })
  }
  const onLoss = (code: string) => {
    if (name === 'error') return
    const text = `Lines of standard output cannot be written: ${code}`
    standardWriter('error', dev).write(dev ? `${text}\n` : jsonLine('error', text, { code }))
  }
  const [fd, batchSize] = name === 'output' ? [1, dev ? 0 : 4096] : [2, 0]
  const writer = new LineWriter(fd, { batchSize, lossLine, onLoss })
  process.on('exit', writer.drain)
  writers[name] = writer
  return writer
}
