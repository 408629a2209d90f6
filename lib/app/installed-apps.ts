// The rules of installed applications: each has its own module `urls`, under a path from the configuration.
import { TipfyError } from '../internal/errors.ts'
import type { RuleFactory } from '../routing/rule.ts'
import { Submount } from '../routing/wrappers.ts'

/** Imports a module; returns its exports, or undefined if it does not exist. */
export type ImportModule = (module: string) => Promise<Readonly<Record<string, unknown>> | undefined>

/**
 * Collects the rules of each application in `installed` (`tipfy.appsInstalled`), below its path in `entryPoints`
 * (`tipfy.appsEntryPoints`; default: the root). They come from `getRules` of its module `urls`, which may be missing.
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
