// The figures as tables for README and docs/performance.md: `--record` puts them between two comments there.
import { readFileSync, writeFileSync } from 'node:fs'
import { cases } from './cases.ts'
import { type Figures, type Recorded, targetOf } from './report.ts'

const titles: { readonly [name: string]: string } = {
  hello: 'hello through rule, hook, handler class and globals',
  rules: 'rule with two variables among 1,000',
  json: 'JSON, 1 kB in and out',
  untouched: 'cookie session, not looked at',
  read: 'cookie session, read',
  'first-read': 'cookie session, read for the first time by this process',
  change: 'cookie session, changed',
  'encrypted-read': 'encrypted cookie session, read',
  'first-encrypted-read': 'encrypted cookie session, read for the first time by this process',
  'encrypted-change': 'encrypted cookie session, changed',
  'rotated-read': 'cookie session of an older key, read and signed anew',
  'stored-read': 'datastore session, read from the embedded Datastore',
  'cached-read': 'datastore session, read from memcached (node:http: one memjs get)',
  'stored-change': 'datastore session, changed, embedded Datastore',
}

/** The cases that README shows. */
const chosen = ['hello', 'rules', 'json', 'untouched', 'read', 'change', 'stored-change']

const start = '<!-- figures: written by npm run bench -- --record -->'
const end = '<!-- end of figures -->'

function shortTable(figures: Figures): string {
  const lines = ['| CPU time per request, × bare `node:http` | tipfy | others |', '|---|---|---|']
  for (const name of chosen) {
    const { tipfy, ...rest } = figures[name]!
    const others = Object.entries(rest).filter(([server]) => server !== 'node-http')
    const shown = others.map(([server, { ratio }]) => `${server} ${ratio.toFixed(2)}`).join(', ')
    lines.push(`| ${titles[name]} | **${tipfy!.ratio.toFixed(2)}** | ${shown} |`)
  }
  return lines.join('\n')
}

function longTables({ environment, figures }: Recorded): string {
  const { node, cpu, cores, date, versions } = environment
  const tables = cases
    .filter(({ name }) => figures[name] !== undefined)
    .map((kase) => {
      const target = targetOf(kase, figures)
      const aim =
        target === null ? '' : `; target ${target.says}: ${target.met(figures[kase.name]!.tipfy!) ? 'met' : 'missed'}`
      const rows = Object.entries(figures[kase.name]!).map(([server, { micros, ratio, low, high }]) => {
        const spread = server === 'node-http' ? '' : ` (${low.toFixed(2)}–${high.toFixed(2)})`
        return `| ${`${server} ${versions[server] ?? ''}`.trim()} | ${micros.toFixed(1)} | ${ratio.toFixed(2)}${spread} |`
      })
      const head = `**${titles[kase.name]}**${aim}`
      return [head, '', '| | µs of CPU | × node:http |', '|---|---|---|', ...rows].join('\n')
    })
  return [`Node ${node}, ${cpu}, ${cores} cores, ${date}.`, ...tables].join('\n\n')
}

/** The text of a page with its figures replaced. */
export function withFigures(page: string, record: Recorded, isLong: boolean): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`there is no place for figures: ${start} … ${end}`)
  const tables = isLong ? longTables(record) : shortTable(record.figures)
  return `${page.slice(0, from + start.length)}\n\n${tables}\n\n${page.slice(to)}`
}

export function writeFigures(file: string, record: Recorded, isLong: boolean): void {
  writeFileSync(file, withFigures(readFileSync(file, 'utf8'), record, isLong))
}
