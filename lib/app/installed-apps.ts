// The rules of installed applications: each has a `urls` module of its own, mounted where the configuration says.
import { TipfyError } from '../internal/errors.ts'
import type { RuleFactory } from '../routing/rule.ts'
import { Submount } from '../routing/wrappers.ts'

/** Imports a module; gives its exports, or undefined if there is none. */
export type ImportModule = (module: string) => Promise<Readonly<Record<string, unknown>> | undefined>

/**
 * The rules of each application in `installed` (`tipfy.appsInstalled`), below its path in `entryPoints`
 * (`tipfy.appsEntryPoints`; default: the root). They are what `getRules` of its module `urls` gives; one without that
 * module has none.
 */
export async function collectAppRules(
  installed: readonly string[],
  entryPoints: Readonly<Record<string, string>>,
  importModule: ImportModule,
): Promise<RuleFactory[]> {
  const unknown = Object.keys(entryPoints).find((app) => !installed.includes(app))
  if (unknown !== undefined) throw new TipfyError('TIPFY_E_ENTRY_POINT', { app: unknown })
  const collected: RuleFactory[] = []
  for (const app of installed) {
    const urls = await importModule(`${app}/urls`)
    if (urls === undefined) continue
    const rules: unknown = typeof urls.getRules === 'function' ? await urls.getRules() : undefined
    if (!Array.isArray(rules)) {
      throw new TipfyError('TIPFY_E_URLS', { urls: `${app}/urls:getRules`, given: typeof (rules ?? urls.getRules) })
    }
    const entryPoint = entryPoints[app]
    collected.push(...(entryPoint === undefined ? rules : [new Submount(entryPoint, rules)]))
  }
  return collected
}
