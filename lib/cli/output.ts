// The output of commands: tables and colours for a person at a terminal, one JSON document with --json.
import { styleText } from 'node:util'

/** Colours `text` if standard output is a terminal (or by NO_COLOR and FORCE_COLOR). */
export function paint(style: Parameters<typeof styleText>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

// By the console: a write to the stream itself ends the process where the reader has gone, as in `tipfy routes | head -1`.
export function print(text = ''): void {
  console.log(text)
}

export function printError(text: string): void {
  console.error(text)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}

/** Makes a table of aligned columns. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]!.length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd()
  return [paint('dim', line(headings)), ...rows.map(line)].join('\n')
}

/** Counts: '1 rule', '2 rules'. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
