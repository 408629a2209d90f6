// The results of a run: as a table for people, as JSON for programs, and against what was recorded before.
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { type Case, cases } from './cases.ts'
import { median, quantile, type Result } from './measure.ts'

/** A growth of a ratio by more than this part of it fails `--check`. */
const tolerance = 0.15

export interface Figure {
  micros: number
  ratio: number
  low: number
  high: number
}

/** By case, then by server. */
export type Figures = { readonly [name: string]: { readonly [server: string]: Figure } }

/** Medians by case and server, with the quartiles of the ratio. */
export function figuresOf(results: readonly Result[]): Figures {
  const round = (value: number) => Math.round(value * 1000) / 1000
  return Object.fromEntries(
    results.map(({ name, rows }) => [
      name,
      Object.fromEntries(
        rows.map(({ server, micros, ratios }) => [
          server,
          {
            micros: round(median(micros)),
            ratio: round(median(ratios)),
            low: round(quantile(ratios, 0.25)),
            high: round(quantile(ratios, 0.75)),
          },
        ]),
      ),
    ]),
  )
}

/** The most that tipfy's ratio may be in a case, and how to say it. */
export function targetOf(
  { target, over, micros }: Case,
  figures: Figures,
): { says: string; met(figure: Figure): boolean } | null {
  if (target !== undefined) return { says: `≤ ${target}`, met: ({ ratio }) => ratio <= target }
  if (micros !== undefined) return { says: `≤ ${micros} µs`, met: (figure) => figure.micros <= micros }
  const other = over === undefined ? undefined : figures[over.case]?.tipfy?.ratio
  if (other === undefined) return null
  const most = other + over!.by
  return { says: `≤ ${over!.case} + ${over!.by} = ${most.toFixed(2)}`, met: ({ ratio }) => ratio <= most }
}

function version(server: string): string {
  const packages: { [server: string]: string } = {
    'hono-storage': 'hono',
    'secure-session': '@fastify/secure-session',
    'fastify-session': '@fastify/session',
  }
  try {
    const file = join(import.meta.dirname, 'peers/node_modules', packages[server] ?? server, 'package.json')
    return JSON.parse(readFileSync(file, 'utf8')).version
  } catch {
    return ''
  }
}

/** The content of bench/recorded.json. */
export interface Recorded {
  readonly environment: {
    readonly node: string
    readonly cpu: string
    readonly cores: number
    readonly date: string
    /** Those of the peers that are packages. */
    readonly versions: { readonly [server: string]: string }
  }
  readonly figures: Figures
}

export function recordOf(figures: Figures, node: string): Recorded {
  const servers = [...new Set(Object.values(figures).flatMap((rows) => Object.keys(rows)))]
  const versions = Object.fromEntries(servers.map((server) => [server, version(server)]).filter(([, it]) => it !== ''))
  const date = new Date().toISOString().slice(0, 10)
  return { environment: { node, cpu: cpus()[0]?.model ?? '', cores: cpus().length, date, versions }, figures }
}

/** The table of one case. */
export function table({ name, title }: Result, figures: Figures): string {
  const lines = [`\n${name}: ${title}`, `  ${''.padEnd(28)}${'µs CPU'.padStart(8)}   × node:http`]
  const kase = cases.find((one) => one.name === name)!
  for (const [server, figure] of Object.entries(figures[name]!)) {
    const { micros, ratio, low, high } = figure
    const label = `${server} ${version(server)}`.trim()
    const spread = server === 'node-http' ? '' : `  (${low.toFixed(2)}–${high.toFixed(2)})`
    const target = server === 'tipfy' ? targetOf(kase, figures) : null
    const verdict = target === null ? '' : `   target ${target.says}: ${target.met(figure) ? 'met' : 'MISSED'}`
    lines.push(`  ${label.padEnd(28)}${micros.toFixed(1).padStart(8)}   ${ratio.toFixed(2)}${spread}${verdict}`)
  }
  return lines.join('\n')
}

/** Lists the ratios that are worse than recorded, a line each. */
export function regressions(figures: Figures, recorded: Figures): string[] {
  const lines: string[] = []
  for (const [name, { tipfy }] of Object.entries(figures)) {
    const before = recorded[name]?.tipfy
    if (tipfy === undefined || before === undefined || tipfy.ratio <= before.ratio * (1 + tolerance)) continue
    lines.push(`${name}: ${tipfy.ratio.toFixed(2)} × node:http, recorded ${before.ratio.toFixed(2)}`)
  }
  return lines
}
