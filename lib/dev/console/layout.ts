// The frame of every page of the console.
import type { App } from '../../app/types.ts'
import { type Html, html } from '../../http/html.ts'
import { formToken } from './guard.ts'
import { script } from './script.ts'
import { style } from './style.ts'
import type { Page, Visit } from './visit.ts'

/** The pages by name in the path, in the order of the menu. */
export const menu = {
  '': 'Requests',
  sessions: 'Sessions',
  datastore: 'Datastore',
  counters: 'Counters',
  rules: 'Rules',
  openapi: 'OpenAPI',
  policy: 'Policy',
  config: 'Configuration',
} as const

export type PageName = keyof typeof menu

export function layout(visit: Visit, name: PageName, { title, body }: Page, nonce: string): Html {
  const said = visit.request.args.get('said')
  const links = Object.entries(menu).map(([path, label]) => {
    const current = path === name ? html` aria-current="page"` : ''
    return html`<a href="/_tipfy/${path}"${current}>${label}</a>`
  })
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · tipfy console</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${html.raw(style)}</style>
</head>
<body data-made="${Date.now()}">
<a class="skip" href="#main">Skip to content</a>
<header><strong>tipfy</strong><nav aria-label="Console">${links}</nav>
<small><code>${visit.app.root}</code> <button id="help" type="button" aria-label="Keys">?</button></small></header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${said === null ? '' : html`<p class="said" role="status">${said}</p>`}
${body}
</main>
<dialog aria-labelledby="keys"><h2 id="keys">Keys</h2><dl>
<dt><kbd>1</kbd> – <kbd>${Object.keys(menu).length}</kbd></dt><dd>the pages of the menu</dd>
<dt><kbd>j</kbd> <kbd>k</kbd></dt><dd>next and previous row; <kbd>Enter</kbd> opens it</dd>
<dt><kbd>/</kbd></dt><dd>the search field; <kbd>Esc</kbd> leaves it</dd>
<dt><kbd>u</kbd></dt><dd>up, from a page about one thing to its list</dd>
</dl><form method="dialog"><button>Close</button></form></dialog>
<script nonce="${nonce}">${html.raw(script)}</script>
</body>
</html>
`
}

/** The hidden field with the token of the console's forms. */
export const tokenField = (app: App): Html => html`<input type="hidden" name="token" value="${formToken(app)}">`
