// Measures the time that TypeScript takes over a urls.ts of 500 rules, compared with an empty one: `node bench/types.ts`.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')

function urls(count: number): string {
  const rules = Array.from({ length: count }, (_, at) =>
    at % 10 === 9
      ? `  new Submount('/mount-${at}/<lang>', [new EndpointPrefix('m${at}/', [
    new Rule('/<any(a,b,c):pick>/', { endpoint: 'pick', defaults: { page: 1 } }),
  ])]),`
      : `  new Rule('/part-${at}/<int:year>/<string(length=2):month>/<slug>', { endpoint: 'e${at}', handler: 'module:Class${at}' }),`,
  )
  const uses = Array.from({ length: count }, (_, at) =>
    at % 10 === 9
      ? `use('m${at}/pick', { lang: 'en', pick: 'a' })`
      : `use('e${at}', { year: ${at}, month: '02', slug: 'x' })`,
  )
  return `import { EndpointPrefix, Rule, Submount, type Endpoint, type RuleArgs, type UrlArguments } from 'tipfy'
export const getRules = () => [
${rules.join('\n')}
] as const
declare module 'tipfy' { interface Register { rules: ReturnType<typeof getRules> } }
declare function use<E extends Endpoint>(endpoint: E, ...args: UrlArguments<E, object>): RuleArgs<E>
${uses.join('\n')}
`
}

/** Milliseconds of the fastest of three runs. */
function check(count: number): number {
  mkdirSync(join(root, '.tipfy'), { recursive: true })
  const folder = mkdtempSync(join(root, '.tipfy/types-'))
  try {
    writeFileSync(join(folder, 'urls.ts'), urls(count))
    writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../tsconfig.json", "include": ["urls.ts"] }')
    const times = [1, 2, 3].map(() => {
      const start = performance.now()
      execFileSync(process.execPath, [tsc, '-p', folder], { stdio: 'inherit' })
      return performance.now() - start
    })
    return Math.min(...times)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const empty = check(0)
for (const count of [100, 500, 2000]) {
  console.log(
    `${count} rules, each used once: ${Math.round(check(count) - empty)} ms more than none (${Math.round(empty)} ms)`,
  )
}
