// The figures as tables for README and docs/performance.md: `--record` puts them between two comments there.
import { readFileSync, writeFileSync } from 'node:fs'
import { cases } from './cases.ts'
import { type Figures, type Recorded, targetOf } from './report.ts'

/** The cases that README shows. */
const chosen = ['hello', 'rules', 'json', 'untouched', 'read', 'change', 'stored-change']

const start = '<!-- figures: written by npm run bench -- --record -->'
const end = '<!-- end of figures -->'

function shortTable(figures: Figures): string {
  const lines = ['| CPU time per request, × bare `node:http` | tipfy | others |', '|---|---|---|']
  for (const { name, title } of cases.filter(({ name }) => chosen.includes(name))) {
    const { tipfy, ...rest } = figures[name]!
    const others = Object.entries(rest).filter(([server]) => server !== 'node-http')
    const shown = others.map(([server, { ratio }]) => `${server} ${ratio.toFixed(2)}`).join(', ')
    lines.push(`| ${title} | **${tipfy!.ratio.toFixed(2)}** | ${shown} |`)
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
      const head = `**${kase.title}**${aim}`
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
