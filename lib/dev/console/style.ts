// The console's style: light or dark as the system is set, without a font or file to fetch.
export const style = `
:root { color-scheme: light dark; --bg: light-dark(#fff, #17191e); --fg: light-dark(#1d2025, #e4e6ea);
  --soft: light-dark(#5a6069, #a3a9b3); --line: light-dark(#dfe2e7, #343942); --well: light-dark(#f5f6f8, #1f2228);
  --link: light-dark(#0950b8, #85b6ff); --good: light-dark(#146c2e, #67d384); --bad: light-dark(#b3261e, #ff9a90);
  --hook: light-dark(#a35200, #f0a860); --handler: light-dark(#0950b8, #85b6ff); --session: light-dark(#7437b5, #c9a2f5);
  --datastore: light-dark(#146c2e, #67d384); --cache: light-dark(#ab2265, #f58fba);
  font: 14px/1.45 system-ui, sans-serif; background: var(--bg); color: var(--fg) }
* { box-sizing: border-box }
body { margin: 0 }
a { color: var(--link); text-underline-offset: .15em }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem 1.2rem; padding: .6rem 1.2rem; border-bottom: 1px solid var(--line); background: var(--well) }
header strong { font-size: 1.05rem }
header nav { display: flex; flex-wrap: wrap; gap: .2rem }
header nav a { padding: .15rem .6rem; border-radius: .4rem; text-decoration: none; color: var(--fg) }
header nav a[aria-current] { background: var(--link); color: var(--bg) }
header small { margin-left: auto; color: var(--soft) }
main { padding: .4rem 1.2rem 3rem; max-width: 96rem }
h1 { font-size: 1.35rem; margin: .8rem 0 .6rem; overflow-wrap: anywhere }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem }
p { max-width: 65ch; margin: .5rem 0 }
.soft, caption { color: var(--soft) }
caption { text-align: left; padding: 0 0 .3rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
table.small { width: auto }
th, td { text-align: left; vertical-align: top; padding: .28rem .9rem .28rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--soft); white-space: nowrap }
tbody th { color: var(--fg) }
tr.zero th { color: var(--soft); font-weight: 400 } tr.zero td.n { color: var(--soft) }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
tbody tr:hover { background: var(--well) }
tr.found { background: var(--well) }
tr.found td:first-child { box-shadow: inset 3px 0 var(--link); padding-left: .6rem }
td.bar { width: 45%; min-width: 9rem; padding-right: 0 }
svg.bar { display: block; width: 100%; height: 1.1em }
svg.bar rect { rx: 2px }
svg .track { fill: var(--well) }
svg .hook { fill: var(--hook) } svg .handler { fill: var(--handler) } svg .session { fill: var(--session) }
svg .datastore { fill: var(--datastore) } svg .cache { fill: var(--cache) }
.key { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .35em }
.key.hook { background: var(--hook) } .key.handler { background: var(--handler) } .key.session { background: var(--session) }
.key.datastore { background: var(--datastore) } .key.cache { background: var(--cache) }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; margin: .4rem 0; list-style: none; color: var(--soft) }
.good { color: var(--good) } .bad { color: var(--bad) }
code, pre, textarea, kbd { font: 12.5px/1.5 ui-monospace, monospace }
pre, textarea { background: var(--well); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; margin: .4rem 0; overflow: auto; max-width: 100%; max-height: 32rem }
code { overflow-wrap: anywhere }
textarea { width: 100%; min-height: 14rem; color: inherit; display: block }
kbd { border: 1px solid var(--line); border-radius: .25rem; padding: 0 .3rem; background: var(--well) }
form.line { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem .8rem; margin: .6rem 0 }
label { display: grid; gap: .15rem; color: var(--soft) }
label.wide { flex: 1 1 20rem }
input, select, button { font: inherit; color: var(--fg); background: var(--bg); border: 1px solid var(--soft); border-radius: .35rem; padding: .25rem .55rem }
summary { cursor: pointer; padding: .2rem 0 }
button { cursor: pointer; background: var(--well) }
button.bad { color: var(--bad); border-color: var(--bad) }
.said { border-left: 3px solid var(--good); background: var(--well); padding: .45rem .8rem; margin: .8rem 0; border-radius: 0 .35rem .35rem 0; max-width: none }
.said.bad { border-color: var(--bad) }
dialog { border: 1px solid var(--line); border-radius: .6rem; background: var(--bg); color: var(--fg); padding: 1rem 1.4rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem 1rem; margin: .4rem 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
@media (max-width: 45rem) {
  header, main { padding-left: .8rem; padding-right: .8rem }
  header nav { order: 1; width: 100%; overflow-x: auto; flex-wrap: nowrap; margin: 0 -.3rem }
  header nav a { padding: .15rem .45rem; white-space: nowrap }
  .wide td:has(> code, > a > code) { min-width: 9rem }
  tbody[data-live] td { padding-right: .6rem }
  table:has([data-live]) :is(th, td):is(:nth-child(1), :nth-child(4), :nth-child(6)) { display: none }
  td.bar { min-width: 6rem }
  table:has(caption):has(td.bar) :is(th, td):nth-child(3) { display: none }
  .wide table:has(td.bar) td:has(> code) { min-width: 0 }
  form.line label, form.line input { width: 100% }
}
.skip { position: absolute; left: -99rem } .skip:focus { left: 1rem; top: .4rem; background: var(--bg); padding: .2rem .6rem }
`
