// The style that pages with source lines and stacks add to that of error pages: more room, and text that wraps, so that nothing has to be
// scrolled on a phone.
import { html } from '../http/html.ts'

export const sourceStyle = html.raw(`
body { max-width: 62rem; margin: 4vh auto }
pre { margin: 0; padding: .5rem .7rem; border-radius: .4rem; white-space: pre-wrap; background: light-dark(#f5f6f8, #1f2228) }
pre, code { font: .8rem/1.55 ui-monospace, monospace }`)
