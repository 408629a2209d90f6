// What all pages of the example look like: plain HTML and one style sheet, light or dark as the browser wishes.
import { html } from 'tipfy'

type Html = ReturnType<typeof html>

const style = html`<style>
  :root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; --line: #8884; --accent: light-dark(#0b5fff, #8ab4ff) }
  body { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
  nav { display: flex; gap: 1.2rem; padding-bottom: 1rem; border-bottom: 1px solid var(--line) }
  nav a, main a { color: var(--accent); text-underline-offset: .2em }
  h1 { font-size: 1.6rem; margin: 1.6rem 0 .8rem }
  h2 { font-size: 1.1rem; margin: 2rem 0 .4rem }
  form { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0 }
  form.tall { flex-direction: column; gap: .8rem; max-width: 20rem }
  form.tall label { display: grid; gap: .2rem }
  label.check { display: flex !important; grid-auto-flow: column; align-items: center; gap: .5rem !important }
  ul { padding: 0; margin: 0 0 1rem; list-style: none }
  li { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line) }
  input, button { font: inherit; padding: .45rem .9rem; border: 1px solid #8888; border-radius: .5rem; background: none; color: inherit }
  input { flex: 1; min-width: 0 }
  input[type=checkbox] { flex: none }
  button { cursor: pointer }
  button.main { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #111) }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
  small { color: light-dark(#555, #aaa) }
  .message { padding: .6rem .9rem; margin: 1rem 0 0; border-radius: .5rem; border: 1px solid var(--line); border-left: .3rem solid var(--accent) }
  .message.error { border-left-color: light-dark(#c00, #f77) }
  .message.success { border-left-color: light-dark(#080, #6c6) }
</style>`

/** A whole page; `messages` stand above its body. */
export function page(title: string, body: Html, messages: readonly { level: string; body: string }[] = []) {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · tipfy</title>
${style}
<nav><a href="/">Cart</a> <a href="/account">Account</a></nav>
<main>
${messages.map(({ level, body: text }) => html`<p class="message ${level}" role="status">${text}</p>`)}
<h1>${title}</h1>
${body}
</main>
</html>
`
}
