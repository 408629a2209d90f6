// Lists the faults that axe finds in a page that is open in Chromium.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Found {
  violations: { id: string; impact: string | null; nodes: { html: string }[] }[]
}

/**
 * The faults that axe calls serious or critical: each by its rule, with the elements that have it.
 *
 * @param more rules that it does not have by default
 */
export async function seriousFaults(page: Page, ...more: readonly string[]): Promise<string[]> {
  const rules = Object.fromEntries(more.map((rule) => [rule, { enabled: true }]))
  // Through the debugger, so that a page's own Content-Security-Policy does not count.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(source)
  const { violations } = (await page.evaluate(`axe.run(${JSON.stringify({ rules })})`)) as Found
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
