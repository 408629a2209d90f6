// The style sheet of a new project's pages: light or dark as the browser wishes, wide or narrow as the screen is.

export const style = `<style>
  :root {
    color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif;
    --page: light-dark(#f3f4f7, #121418); --card: light-dark(#fff, #1b1e25); --line: light-dark(#d9dce3, #363b46);
    --edge: light-dark(#878e9b, #7d8695); --soft: light-dark(#545b69, #a6adba); --accent: light-dark(#1d5bd8, #8ab4ff);
  }
  body { max-width: 38rem; margin: 0 auto; padding: 1.2rem 1rem 4rem; background: var(--page) }
  main { padding: clamp(1rem, 4vw, 1.6rem); background: var(--card); border: 1px solid var(--line); border-radius: .8rem }
  h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere }
  p { color: var(--soft) }
  a { color: var(--accent) }
  ul { padding: 0; margin: 0 0 1.2rem; list-style: none }
  li { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .6rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
  form { display: flex; flex-wrap: wrap; gap: .6rem }
  li form { flex: none }
  label { flex: 1 0 100%; display: grid; gap: .25rem }
  label.check { display: flex; align-items: center; gap: .6rem }
  input, button { font: inherit; color: inherit; padding: .5rem .9rem; border: 1px solid var(--edge); border-radius: .5rem; background: none }
  input { flex: 1; min-width: 0 }
  label.check input { flex: none }
  button { cursor: pointer }
  button:hover { border-color: var(--accent); color: var(--accent) }
  button.main { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #10131a); font-weight: 600 }
  button.main:hover { filter: brightness(1.1) }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
</style>`
