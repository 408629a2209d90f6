// Arguments of public functions and setters. JavaScript checks none: one of a wrong type would fail far inside, or do something else, and
// the error would name neither the argument nor the remedy. Looking at a type costs a hot path nothing; errors are made in here.
import { TipfyError } from './errors.ts'
import { describeGiven } from './has-text.ts'

/** Makes the error of a wrong argument. `what` names it, like '`response.etag`'. */
export function wrongArgument(what: string, wanted: string, given: unknown, remedy: string): TipfyError {
  return new TipfyError('TIPFY_E_ARGUMENT', { what, wanted, given: describeGiven(given), remedy })
}

/** Makes the error of an argument that is no text. */
export function notText(what: string, given: unknown, wanted = 'a text'): TipfyError {
  return wrongArgument(what, wanted, given, 'Write String(value) for a number, and await a promise first.')
}

/** @throws {TipfyError} TIPFY_E_ARGUMENT unless `value` is a text */
export function checkText(what: string, value: unknown): void {
  if (typeof value !== 'string') throw notText(what, value)
}

/** @throws {TipfyError} TIPFY_E_ARGUMENT unless `value` is a number */
export function checkNumber(what: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isNaN(value)) return
  throw wrongArgument(what, 'a number', value, 'Write Number(text) for a text.')
}

/** @throws {TipfyError} TIPFY_E_ARGUMENT unless `value` is a function */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value === 'function') return
  throw wrongArgument(what, 'a function', value, 'Give the function itself, not what it returns.')
}
