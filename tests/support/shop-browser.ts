// The example application as a program, and a Chromium to walk it: for the tests of one describe block.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { openChromium } from './chromium.ts'
import { type Program, startProgram } from './process.ts'

export interface Shop {
  url: string
  browser: Browser
}

/** Filled in before the first test: the shop with sessions in cookies or in Datastore. */
export function openShop(sessions: 'cookie' | 'datastore'): Shop {
  const shop = {} as Shop
  let program: Program
  beforeAll(async () => {
    const data = mkdtempSync(join(tmpdir(), 'tipfy-browser-'))
    program = startProgram(join(import.meta.dirname, 'shop.ts'), [], { SESSIONS: sessions, DATA: data, PORT: '0' })
    shop.url = (await program.line(/^http:.*$/))[0]
    shop.browser = await openChromium()
  })
  afterAll(async () => {
    await shop.browser.close()
    await program.end()
  })
  return shop
}
