// `tipfy init <folder>`: a new project that starts, and whose tests pass, after `npm install`.
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { makeFolders } from '../internal/data-folder.ts'
import { TipfyError } from '../internal/errors.ts'
import { projectFiles } from './init/files.ts'
import { type Answers, askAll, questions } from './init/questions.ts'
import { print } from './output.ts'

/** What git makes before there is anything in a project. */
const allowed = new Set(['.git', 'LICENSE'])

function mustBeFree(folder: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw new TipfyError('TIPFY_E_INIT_FOLDER', { folder, why: 'it is a file' })
  const there = readdirSync(folder).filter((name) => !allowed.has(name))
  if (there.length === 0) return
  const shown = there.slice(0, 3).join(', ') + (there.length > 3 ? ' …' : '')
  throw new TipfyError('TIPFY_E_INIT_FOLDER', { folder, why: `it holds ${shown}` })
}

/** A name that npm takes, from that of a folder. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
  return name === '' ? 'my-app' : name
}

function writeProject(folder: string, answers: Answers): void {
  try {
    for (const [name, text] of Object.entries(projectFiles(packageName(folder), answers))) {
      const file = join(folder, name)
      makeFolders(dirname(file))
      writeFileSync(file, text)
    }
  } catch (cause) {
    const why = (cause as Error).message
    throw new TipfyError('TIPFY_E_INIT_FOLDER', { folder, why }, { cause })
  }
}

export async function initCommand(given: string, options: Partial<Answers> & { yes?: boolean }): Promise<void> {
  const folder = resolve(given)
  mustBeFree(folder)
  const atTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const answers = await askAll(
    options,
    atTerminal && !options.yes ? { input: process.stdin, output: process.stdout } : null,
  )
  writeProject(folder, answers)
  const chosen = questions.map(({ key, choices }) => choices[answers[key]]).join(', ')
  print(`Made ${given}: ${chosen}.`)
  const enter = folder === process.cwd() ? '' : `cd ${/^[\w./-]+$/.test(given) ? given : `'${given}'`} && `
  print(`Now: ${enter}npm install && npm start`)
}
