// A real browser for tests: Debian's Chromium, driven through playwright-core.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const path = (process.env.PATH ?? '')
  .split(':')
  .map((folder) => join(folder, 'chromium'))
  .find(existsSync)

/** `test`, or a skipped test where there is no Chromium; in continuous integration a missing one is a failure. */
export const hasChromium = path !== undefined || process.env.CI === 'true'

/** Starts Chromium with an empty profile; close it yourself. `more`: further flags. */
export function openChromium(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: path ?? 'chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  })
}
