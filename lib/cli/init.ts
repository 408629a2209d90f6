// `tipfy init <folder>`: a new project that starts, and whose tests pass, after `npm install`.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { makeFolders } from '../internal/data-folder.ts'
import { TipfyError } from '../internal/errors.ts'
import { projectFiles } from './init/files.ts'
import { type Answers, askAll, questions } from './init/questions.ts'
import { print } from './output.ts'

/** Options of the command that do not change the project's code. */
interface InitOptions extends Partial<Answers> {
  yes?: boolean
  /** A packed tipfy to depend on instead of the published one. */
  tarball?: string
  /** A folder with a package that brings Node, for machines whose own is too old. */
  node?: string
  install?: boolean
}

/** Names that a new repository may hold already, by what hosts and editors put there. */
const allowed =
  /^(?:\.(?:git|gitattributes|gitignore|github|gitlab-ci\.yml|editorconfig|idea|vscode|DS_Store)|(?:README|LICEN[SC]E|COPYING|NOTICE|CONTRIBUTING|CODE_OF_CONDUCT|SECURITY|CHANGELOG)(?:\..*)?)$/i

function mustBeFree(folder: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw new TipfyError('TIPFY_E_INIT_FOLDER', { folder, why: 'it is a file' })
  const there = readdirSync(folder).filter((name) => !allowed.test(name))
  if (there.length === 0) return
  const shown = there.slice(0, 3).join(', ') + (there.length > 3 ? ' …' : '')
  throw new TipfyError('TIPFY_E_INIT_FOLDER', { folder, why: `it holds ${shown}` })
}

/** Makes a package name from that of a folder. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return name === '' ? 'my-app' : name
}

/** Adds the lines that a file does not have: a project's secrets and data belong in no repository. */
function addLines(file: string, text: string): void {
  const there = readFileSync(file, 'utf8')
  const known = new Set(there.split(/\r?\n/))
  const missing = text
    .trim()
    .split('\n')
    .filter((line) => !known.has(line))
  if (missing.length > 0) writeFileSync(file, `${there.replace(/\n*$/, '\n')}${missing.join('\n')}\n`)
}

function writeProject(folder: string, answers: Answers, { tarball, node }: InitOptions): void {
  try {
    const vendored = {
      ...(tarball !== undefined && { tipfy: `vendor/${basename(tarball)}` }),
      ...(node !== undefined && { node: 'vendor/node' }),
    }
    for (const [name, text] of Object.entries(projectFiles(packageName(folder), answers, vendored))) {
      const file = join(folder, name)
      makeFolders(dirname(file))
      if (!existsSync(file)) writeFileSync(file, text)
      else if (name === '.gitignore') addLines(file, text)
    }
    if (vendored.tipfy !== undefined) cpSync(tarball!, join(folder, vendored.tipfy))
    if (vendored.node !== undefined) cpSync(node!, join(folder, vendored.node), { recursive: true })
  } catch (cause) {
    const why = (cause as Error).message
    throw new TipfyError('TIPFY_E_INIT_FOLDER', { folder, why }, { cause })
  }
}

function installPackages(folder: string): void {
  print('Installing its packages (npm install) …')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(npm, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new TipfyError('TIPFY_E_INIT_INSTALL', { folder })
}

/** Makes a project in the folder `given`, which is new or holds no more than a new repository does: what is there is kept. */
export async function initCommand(given: string, options: InitOptions): Promise<void> {
  const folder = resolve(given)
  mustBeFree(folder)
  const atTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const answers = await askAll(
    options,
    atTerminal && !options.yes ? { input: process.stdin, output: process.stdout } : null,
  )
  writeProject(folder, answers, options)
  const chosen = questions.flatMap(({ key, choices }) => choices[answers[key] ?? ''] ?? []).join(', ')
  print(`Made ${given}: ${chosen}.`)
  if (options.install) installPackages(folder)
  const enter = folder === process.cwd() ? '' : `cd ${/^[\w./-]+$/.test(given) ? given : `'${given}'`} && `
  print(`Now: ${enter}${options.install ? '' : 'npm install && '}npm start`)
}
