// A command that failed says so in one line: what was given, what was wanted, the remedy.
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeError, inspectError, isInstance } from '../internal/describe-error.ts'

/** A mistake in how a command was called: exit status 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

const oneLine = (text: string) =>
  text
    .split(/\s*\n\s*/)
    .join(' ')
    .trim()

/** The first place in a stack that is the user's own: not Node's, not a package's. */
function placeIn(stack: string): string | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const found = line.match(/(?:\()?((?:file:\/\/)?\/[^()]*?):(\d+):\d+\)?$/)
    if (found === null || found[1]!.includes('/node_modules/')) continue
    const path = found[1]!.startsWith('file:') ? fileURLToPath(found[1]!) : found[1]!
    const shown = relative(process.cwd(), path)
    if (!shown.startsWith('..')) return `${shown}:${found[2]}`
  }
  return undefined
}

/** An error as one line for standard error. */
export function describeFailure(error: unknown): string {
  const { code, message, name = 'Error', stack } = describeError(error)
  if (stack === undefined) return `tipfy: ${oneLine(message)} was thrown.`
  if (`${code}`.startsWith('TIPFY_E_') || isInstance(error, UsageError)) return `tipfy: ${oneLine(message)}`
  const place = placeIn(stack)
  const where = place === undefined ? '' : ` (${place})`
  return `tipfy: ${name}: ${oneLine(message).replace(/\.$/, '')}${where}. Run it again with --stack to see where from.`
}

/** The same, with the whole stack and its causes where --stack asks for it. */
export function reportFailure(error: unknown, withStack: boolean): void {
  if (withStack) process.stderr.write(`${inspectError(error)}\n`)
  else process.stderr.write(`${describeFailure(error)}\n`)
}
