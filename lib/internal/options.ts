// Options of functions, of which a misspelt one would do nothing: without the `root` of sendFile a path may lead anywhere.
import { TipfyError } from './errors.ts'
import { describeGiven } from './has-text.ts'
import { isDictionary } from './settings.ts'
import { nearTo } from './suggest.ts'

/** @throws {TipfyError} TIPFY_E_OPTIONS for options that are none, or have another name than these */
export function checkOptionNames(owner: string, options: unknown, names: readonly string[]): void {
  const fail = (problem: string) => new TipfyError('TIPFY_E_OPTIONS', { owner, problem, names: names.join(', ') })
  if (!isDictionary(options)) throw fail(`are ${describeGiven(options)}, not an object`)
  for (const name in options) {
    if (names.includes(name)) continue
    const near = nearTo(name, names)
    throw fail(`have no \`${name}\`${near === undefined ? '' : `, perhaps \`${near}\` was meant`}`)
  }
}

/** @throws {TipfyError} TIPFY_E_NOT_AN_APP for a configuration, of which no application was made */
export function checkApp(owner: string, app: unknown): void {
  if (typeof (app as { requestListener?: unknown } | null | undefined)?.requestListener === 'function') return
  throw new TipfyError('TIPFY_E_NOT_AN_APP', { owner, given: describeGiven(app) })
}
