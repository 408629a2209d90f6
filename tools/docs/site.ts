// The look of the documentation's site, and its search through headings: what its pages load beside themselves.
export const style = `:root { color-scheme: light dark; --bg: light-dark(#fff, #17191e); --fg: light-dark(#1d2025, #e4e6ea); --soft: light-dark(#5a6069, #a3a9b3);
  --line: light-dark(#dfe2e7, #343942); --well: light-dark(#f5f6f8, #1f2228); --link: light-dark(#0950b8, #85b6ff);
  --word: light-dark(#7437b5, #c9a2f5); --string: light-dark(#146c2e, #67d384);
  font: 16px/1.6 system-ui, sans-serif; background: var(--bg); color: var(--fg); scroll-padding-top: 4rem }
* { box-sizing: border-box }
body { margin: 0 }
a { color: var(--link); text-underline-offset: .15em }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
header { position: sticky; top: 0; z-index: 1; display: flex; gap: 1.5rem; align-items: center; padding: .5rem 1.5rem; background: var(--well); border-bottom: 1px solid var(--line) }
header > a { font-weight: 700; color: inherit; text-decoration: none } header .to-menu { display: none; font-weight: 400; color: var(--link) }
header label { margin-left: auto; color: var(--soft) }
input { font: inherit; color: var(--fg); background: var(--bg); border: 1px solid var(--soft); border-radius: .35rem; padding: .1rem .5rem; width: 16rem; max-width: 40vw }
#found { position: absolute; right: 1.5rem; top: 100%; margin: 0; padding: .3rem; list-style: none; width: 26rem; max-width: 95vw; max-height: 70vh; overflow: auto; background: var(--bg); border: 1px solid var(--line); border-radius: .4rem }
#found a { display: block; padding: .2rem .5rem; text-decoration: none } #found small { color: var(--soft) }
.columns { display: grid; grid-template-columns: 14rem minmax(0, 48rem) 13rem; gap: 2.5rem; max-width: 84rem; margin: 0 auto; padding: 0 1.5rem }
.menu, .contents { position: sticky; top: 3.2rem; align-self: start; max-height: calc(100vh - 3.2rem); overflow: auto; padding: 1rem 0; font-size: .92rem }
.menu h2 { font-size: .8rem; margin: 1rem 0 .2rem; color: var(--soft) }
.menu ul, .contents ul { list-style: none; margin: 0; padding: 0 }
.menu a, .contents a { display: block; padding: .12rem 0; text-decoration: none } .menu a[aria-current] { font-weight: 600; color: var(--fg) }
.contents { border-left: 1px solid var(--line); padding-left: 1rem }
main { padding: 1rem 0 6rem; min-width: 0 }
h1 { font-size: 1.9rem; line-height: 1.25; margin: .6rem 0 1rem } h2 { margin: 2.4rem 0 .6rem; font-size: 1.35rem } h3 { margin: 1.8rem 0 .4rem; font-size: 1.08rem }
h1, h2, h3 { overflow-wrap: anywhere; position: relative }
.anchor { position: absolute; left: -1.1em; text-decoration: none; color: var(--soft); opacity: 0 } :hover > .anchor { opacity: 1 }
code, pre { font: .86em/1.55 ui-monospace, monospace }
pre code { font-size: 1em }
:not(pre) > code { background: var(--well); border-radius: .25rem; padding: .08em .3em; overflow-wrap: anywhere }
pre { background: var(--well); border: 1px solid var(--line); border-radius: .45rem; padding: .75rem 1rem; overflow-x: auto }
.comment { color: var(--soft) } .string { color: var(--string) } .word { color: var(--word) }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line) }
img { max-width: 100%; height: auto; border-radius: .4rem }
.skip { position: absolute; left: -99rem } .skip:focus { left: 1rem; top: .4rem; background: var(--bg); padding: .2rem .6rem; z-index: 2 }
@media (max-width: 70rem) { .columns { grid-template-columns: 13rem minmax(0, 1fr) } .contents { display: none } }
@media (max-width: 48rem) { header { gap: 1rem; padding: .5rem 1rem } header .to-menu { display: inline } .columns { display: flex; flex-direction: column; gap: 0; padding: 0 1rem }
  main { padding-bottom: 2rem } .menu { order: 1; position: static; max-height: none; border-top: 1px solid var(--line); scroll-margin-top: 3.2rem } .menu a { padding: .3rem 0 } }
@media print { header, .menu, .contents { display: none } .columns { display: block } }
`

/** After `const index = [[heading, page, link], …]`. */
export const script = `const field = document.getElementById('search')
const list = document.getElementById('found')
field.addEventListener('input', () => {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean)
  const rank = ([text]) => (text.toLowerCase() === words[0] ? 0 : text.toLowerCase().startsWith(words[0]) ? 1 : 2)
  const found = words.length === 0 ? [] : index.filter(([text, page]) => words.every((word) => (text + ' ' + page).toLowerCase().includes(word)))
  const items = found.sort((a, b) => rank(a) - rank(b)).slice(0, 20).map(([text, page, link]) => {
    const item = document.createElement('li')
    const anchor = item.appendChild(document.createElement('a'))
    anchor.href = link
    anchor.innerHTML = text + (page === '' ? '' : ' <small>' + page + '</small>')
    return item
  })
  list.replaceChildren(...items)
  list.hidden = items.length === 0
})
list.addEventListener('click', () => { list.hidden = true })
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { list.hidden = true; return }
  if (event.key === 'Enter' && event.target === field) list.querySelector('a')?.click()
  if (event.key !== '/' || event.target.closest('input')) return
  event.preventDefault()
  field.focus()
})
`
