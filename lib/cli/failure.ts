// Describes the error of a command in one line: what was given, what was wanted, the remedy.
import { dirname, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeError, inspectError, isInstance } from '../internal/describe-error.ts'
import { printError } from './output.ts'

/** A wrong command line: exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

const oneLine = (text: string) =>
  text
    .split(/\s*\n\s*/)
    .join(' ')
    .trim()

/** The folder of tipfy's own code. */
const ownFolder = dirname(import.meta.dirname) + sep

/** Finds the first place in a stack that is the user's: neither Node's nor a package's nor tipfy's. */
function placeIn(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const found = line.match(/(?:\()?((?:file:\/\/)?\/[^()]*?):(\d+):\d+\)?$/)
    if (found === null || found[1]!.includes('/node_modules/')) continue
    const path = found[1]!.startsWith('file:') ? fileURLToPath(found[1]!) : found[1]!
    const shown = relative(process.cwd(), path)
    if (!shown.startsWith('..') && !path.startsWith(ownFolder)) return `${shown}:${found[2]}`
  }
  return undefined
}

/** Describes an error in one line for standard error. */
export function describeFailure(error: unknown): string {
  const { code, message, name = 'Error', stack } = describeError(error)
  if (stack === undefined) return `tipfy: ${oneLine(message)} was thrown.`
  if (isInstance(error, UsageError)) return `tipfy: ${oneLine(message)}`
  const place = placeIn(stack)
  const where = place === undefined || message.includes(place) ? '' : ` (${place})`
  if (`${code}`.startsWith('TIPFY_E_')) return `tipfy: ${oneLine(message)}${where}`
  return `tipfy: ${name}: ${oneLine(message).replace(/\.$/, '')}${where}. Run it again with --stack to see where it comes from.`
}

/** Writes that line, or with --stack the whole stack and its causes. */
export function reportFailure(error: unknown, withStack: boolean): void {
  if (withStack) printError(inspectError(error))
  else printError(describeFailure(error))
}
