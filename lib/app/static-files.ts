// Static files: a rule that serves the files of a folder and no others.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { SendFileOptions } from '../http/response/body.ts'
import { checkText } from '../internal/arguments.ts'
import { TipfyError } from '../internal/errors.ts'
import { checkOptionNames } from '../internal/options.ts'
import { Rule } from '../routing/index.ts'
import { app, response } from './globals.ts'
import { type HandlerClass, RequestHandler } from './handler.ts'

/** Options for the files of a folder. */
export interface StaticOptions extends Pick<SendFileOptions, 'maxAge' | 'immutable' | 'dotfiles' | 'precompressed'> {}

const staticOptions = ['maxAge', 'immutable', 'dotfiles', 'precompressed'] satisfies (keyof StaticOptions)[]

/**
 * Makes a handler that sends the files of a folder, for a rule with a `<path:file>`. Names that begin with a dot, `..`, and
 * links that lead out of the folder are a 404. Files have ETag, date and ranges.
 *
 * @param folder relative to the application's root
 */
export function staticFiles(folder: string, options: StaticOptions = {}): HandlerClass {
  checkText('The folder of static files', folder)
  checkOptionNames('staticFiles()', options, staticOptions)
  let root: string | undefined
  class StaticFiles extends RequestHandler {
    get({ file }: { file: string }): void {
      root ??= assertFolder(resolve(app.root, folder))
      response.sendFile(file, { ...options, root })
    }
  }
  staticFolders.set(StaticFiles, folder)
  return StaticFiles
}

/** The folders of these handlers, for `tipfy check`. */
export const staticFolders = new WeakMap<HandlerClass, string>()

/** Throws if there is no such folder. */
export function assertFolder(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new TipfyError('TIPFY_E_STATIC_FOLDER', { folder: path })
  }
  return path
}

/**
 * Makes a rule for the files of a folder. It loads no session.
 *
 * @param options.endpoint the name to build URLs by; default: 'static'
 * @example
 * staticRule('/static', 'public', { maxAge: 3600 })
 * urlFor('static', { file: 'site.css' }) // '/static/site.css'
 */
export function staticRule<const Path extends string, const Endpoint extends string = 'static'>(
  path: Path,
  folder: string,
  options: StaticOptions & { endpoint?: Endpoint } = {},
): Rule<`${Path}/<path:file>`, Endpoint> {
  checkText('The path of staticRule()', path)
  checkOptionNames('staticRule()', options, [...staticOptions, 'endpoint'])
  const { endpoint = 'static' as Endpoint, ...rest } = options
  return new Rule(`${path}/<path:file>`, { endpoint, handler: staticFiles(folder, rest), session: false })
}
