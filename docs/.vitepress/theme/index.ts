// The default theme of VitePress, with Mermaid diagrams. Mermaid comes from node_modules as a file of the site, so that the
// pages need no network, and is loaded only by a page that has a diagram.
import mermaidUrl from '@mermaid-js/tiny?url'
import { onContentUpdated, type Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme-without-fonts'
import './style.css'

interface Mermaid {
  initialize(options: object): void
  render(id: string, text: string): Promise<{ svg: string }>
}

// Labels of HTML would get the styles of the page, and no longer fit their boxes.
const options = {
  startOnLoad: false,
  htmlLabels: false,
  flowchart: { htmlLabels: false, nodeSpacing: 20, rankSpacing: 20, padding: 8, wrappingWidth: 600 },
  sequence: { actorMargin: 20, width: 120, height: 40, mirrorActors: false },
}

let drawn = 0
let loading: Promise<Mermaid> | undefined

function loadMermaid(): Promise<Mermaid> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script')
    script.src = mermaidUrl
    script.onload = () => resolve((globalThis as unknown as { mermaid: Mermaid }).mermaid)
    script.onerror = reject
    document.head.append(script)
  })
  return loading
}

/** Draws every diagram twice, for light and for dark: CSS shows one of them. */
async function drawDiagrams(): Promise<void> {
  const sources = [...document.querySelectorAll<HTMLElement>('pre.mermaid:not([data-drawn])')]
  if (sources.length === 0) return
  for (const source of sources) source.dataset.drawn = ''
  const mermaid = await loadMermaid()
  for (const theme of ['default', 'dark']) {
    mermaid.initialize({ ...options, theme })
    for (const source of sources) {
      const { svg } = await mermaid.render(`mermaid-${drawn++}`, source.textContent)
      const figure = document.createElement('div')
      figure.className = `diagram diagram-${theme}`
      figure.innerHTML = svg
      source.before(figure)
    }
  }
  for (const source of sources) source.hidden = true
}

const theme: Theme = {
  extends: DefaultTheme,
  setup: () => onContentUpdated(drawDiagrams),
}

export default theme
