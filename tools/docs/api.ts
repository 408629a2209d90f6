// Reads what can be imported from tipfy: the declarations that tsc emits, module by module.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Declaration, exportsOf, mentionedBy } from './declarations.ts'

const root = join(import.meta.dirname, '../..')

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { 'tipfy-source': string }>
}

/** The entry files below lib/, by the name they are imported by, like `tipfy/testing`. */
export const modules: ReadonlyMap<string, string> = new Map(
  Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [[path.replace('.', 'tipfy'), target['tipfy-source'].replace('./lib/', '')]],
  ),
)

export interface Module {
  name: string
  exports: Declaration[]
}

export interface Api {
  modules: Module[]
  /** Types that the exports of all modules mention without being exported themselves. */
  mentioned: Declaration[]
}

export function readModules(): Api {
  const folder = mkdtempSync(join(tmpdir(), 'tipfy-api-'))
  try {
    const args = ['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', folder]
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/.bin/tsc'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    if (status !== 0) throw new Error(stdout)
    const list = [...modules].map(([name, entry]) => ({
      name,
      exports: exportsOf(join(folder, entry.replace(/\.ts$/, '.d.ts'))),
    }))
    return { modules: list, mentioned: mentionedBy(list.flatMap((module) => module.exports)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
