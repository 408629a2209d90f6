// Data written by an older version of the application, brought into today's form wherever it is decoded.
import { TipfyError } from '../../../internal/errors.ts'
import { decodeData } from './codec.ts'
import { versionKey, visible, withVisible } from './reserved.ts'
import { className, isPlainObject, put } from './values.ts'

export interface Migration {
  readonly dataVersion: number | null
  readonly migrate: null | ((data: Record<string, unknown>, from: number | null) => unknown)
}

/** A session's data before anything is in it. */
export function emptyData({ dataVersion }: Migration): Record<string, unknown> {
  const data = {}
  if (dataVersion !== null) put(data, versionKey, dataVersion)
  return data
}

/** Tells if `data` is in today's form. */
function isCurrent(data: Record<string, unknown>, { dataVersion }: Migration): boolean {
  return dataVersion === null || data[versionKey] === dataVersion
}

/** The data of a stored text, in today's form. */
export function decodeCurrent(text: string, migration: Migration): Record<string, unknown> {
  const data = decodeData(text)
  if (isCurrent(data, migration)) return data
  const from = (data[versionKey] as number | undefined) ?? null
  const user = visible(data)
  const moved = migration.migrate === null ? user : mustBeData('migrate', migration.migrate(user, from) ?? user)
  return { ...withVisible(data, moved), ...emptyData(migration) }
}

/** Checks that a function of the configuration returned data: a promise would pass for an empty session, and be saved as that. */
export function mustBeData(name: string, given: unknown): Record<string, unknown> {
  if (typeof given === 'object' && given !== null && isPlainObject(given)) return given as Record<string, unknown>
  const isObject = typeof given === 'object' && given !== null
  const what = isObject ? `an instance of ${className(given)}` : given === null ? 'null' : typeof given
  throw new TipfyError('TIPFY_E_SESSION_FUNCTION', { name, given: what })
}
