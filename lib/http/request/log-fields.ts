// Fields of the application on a request's line in the access log, kept on Node's own object, which the log is given.
import type { IncomingMessage } from 'node:http'
import { TipfyError } from '../../internal/errors.ts'
import { isDictionary, typeOf } from '../../internal/settings.ts'

type Fields = Readonly<Record<string, unknown>>

const key = Symbol('tipfy.logFields')

interface Logged extends IncomingMessage {
  [key]?: Fields
}

/** Names of the log's own fields. */
const taken =
  /^(?:severity|time|message|method|url|status|bytes|ms|remoteAddr|userAgent|aborted|httpRequest|logging\.googleapis\.com\/.*)$/

/** Adds fields. @throws TipfyError TIPFY_E_LOG_FIELDS, TIPFY_E_LOG_FIELD_TAKEN */
export function addLogFields(message: Logged, fields: Fields): void {
  if (!isDictionary(fields)) throw new TipfyError('TIPFY_E_LOG_FIELDS', { given: typeOf(fields) })
  const name = Object.keys(fields).find((one) => taken.test(one))
  if (name !== undefined) throw new TipfyError('TIPFY_E_LOG_FIELD_TAKEN', { name })
  message[key] = { ...message[key], ...fields }
}

export function logFieldsOf(message: Logged): Fields | undefined {
  return message[key]
}
