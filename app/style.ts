// The one style sheet of the example: light or dark as the browser wishes, wide or narrow as the screen is.
import { html } from 'tipfy'

export const style = html`<style>
  :root {
    color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif;
    --page: light-dark(#f3f4f7, #121418); --card: light-dark(#fff, #1b1e25); --line: light-dark(#d9dce3, #363b46);
    --edge: light-dark(#878e9b, #7d8695); --soft: light-dark(#545b69, #a6adba); --accent: light-dark(#1d5bd8, #8ab4ff);
    --good: light-dark(#14783c, #62c98a); --bad: light-dark(#c2261c, #ff8a80);
  }
  body { max-width: 38rem; margin: 0 auto; padding: 0 1rem 4rem; background: var(--page) }
  nav { display: flex; gap: 1.4rem; padding: 1.2rem .2rem }
  nav a { color: var(--soft); text-decoration: none }
  nav a:hover { text-decoration: underline }
  nav a[aria-current] { color: inherit; font-weight: 600 }
  main { padding: clamp(1rem, 4vw, 1.6rem); background: var(--card); border: 1px solid var(--line); border-radius: .8rem }
  main a { color: var(--accent); text-underline-offset: .2em }
  main > :last-child { margin-bottom: 0 }
  h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere }
  h2 { margin: 2rem 0 .4rem; font-size: 1.1rem }
  p, small { color: var(--soft) }
  ul { padding: 0; margin: 0 0 1.2rem; list-style: none }
  li { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .6rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
  form { display: flex; flex-wrap: wrap; gap: .6rem }
  li form { flex: none }
  form.tall { flex-direction: column; gap: 1rem; max-width: 22rem }
  form.tall label { display: grid; gap: .25rem }
  form.tall label.check { grid: auto / auto-flow; place-content: start; align-items: center; gap: .6rem }
  input, button { font: inherit; color: inherit; padding: .5rem .9rem; border: 1px solid var(--edge); border-radius: .5rem; background: none }
  input { flex: 1; min-width: 0 }
  input[type=checkbox] { width: 1.1rem; height: 1.1rem; accent-color: var(--accent) }
  button { cursor: pointer }
  button:hover { border-color: var(--accent); color: var(--accent) }
  button.main { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #10131a); font-weight: 600 }
  button.main:hover { filter: brightness(1.1) }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
  .message { margin: 0 0 1rem; padding: .7rem 1rem; color: inherit; border-radius: .5rem; --tone: var(--accent); border: 1px solid var(--tone); background: color-mix(in srgb, var(--tone) 10%, transparent) }
  .message.success { --tone: var(--good) }
  .message.error { --tone: var(--bad) }
</style>`
