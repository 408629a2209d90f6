// The common part of all pages of the example: plain HTML, the messages for the user, and links to the other pages.
import { html, request, urlFor } from 'tipfy'
import { messages } from 'tipfy/ext/messages'
import { style } from './style.ts'

/** A whole page, of what html`…` made. */
export async function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · tipfy</title>
<link rel="icon" href="data:,">
${style}
<nav>${link(urlFor('home'), 'Cart')} ${link(urlFor('account'), 'Account')}</nav>
${(await messages.get()).map((one) => html`<p class="message ${one.level}" role="status">${one.body}</p>`)}
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`
}

const link = (url: string, text: string) =>
  html`<a href="${url}"${request.path === url && html` aria-current="page"`}>${text}</a>`
