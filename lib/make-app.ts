// Makes an application whole: the core, and in development what shows how it works.
import { dirname, resolve } from 'node:path'
import type { Config } from './app/config.ts'
import { App } from './app.ts'

/**
 * Makes an application of a configuration, which is checked here.
 *
 * @param options.root the folder of urls.ts and app/; default: the main module's
 * @throws {TipfyError} TIPFY_E_CONFIG_KEY or TIPFY_E_CONFIG_VALUE, naming the key
 * @example
 * await runApp(makeApp(config))
 */
export function makeApp(config: Config, options: { root?: string } = {}): App {
  const main = process.argv[1]
  const root = options.root ?? (main === undefined ? process.cwd() : dirname(main))
  const app = new App(config, { root: resolve(root) })
  if (app.dev) {
    app.hooks.add('posInitApp', openConsole)
    app.errorPage = async (error, context) => (await import('./dev/error-page.ts')).errorPage(error, context)
  }
  return app
}

async function openConsole(app: App): Promise<void> {
  const front = await import('./dev/front.ts')
  front.openConsole(app)
}
