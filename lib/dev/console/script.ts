// The console's script, sent as it stands here: it keeps the lists current and adds keys to use them. Every page works
// without it.
export const script = `
const all = (selector, from = document) => [...from.querySelectorAll(selector)]
const one = (selector) => document.querySelector(selector)

// Keeps pages current that show requests, or what they change.
const list = one('tbody[data-live]')
const fresh = one('[data-refresh]')
if (list || fresh) {
  let due = false
  const refresh = async () => {
    due = false
    const page = await fetch(location.href)
    const template = document.createElement('template')
    template.innerHTML = (await page.text()).replace(/^[^]*?(?=<main)|<\\/main>[^]*/g, '')
    const next = template.content.querySelector('[data-refresh]')
    if (next && !fresh.contains(document.activeElement)) fresh.replaceChildren(...next.childNodes)
  }
  const source = new EventSource('/_tipfy/events?since=' + document.body.dataset.made)
  // After a restart the server knows none of the listed requests.
  let run
  source.addEventListener('run', ({ data }) => {
    if (run !== undefined && run !== data) location.reload()
    run = data
  })
  source.onmessage = ({ data }) => {
    const { id, row } = JSON.parse(data)
    if (list) {
      const template = document.createElement('template')
      template.innerHTML = row
      const made = template.content.firstElementChild
      const known = document.getElementById('r' + id)
      if (known && known.contains(document.activeElement)) return
      if (known) known.replaceWith(made)
      else list.prepend(made)
      for (const old of [...list.children].slice(200)) old.remove()
      const none = one('#none')
      if (none) none.hidden = true
      sieve()
    } else if (!due) {
      due = true
      setTimeout(refresh, 300)
    }
  }
  // A browser opens few connections to one server: a hidden page closes its own.
  document.addEventListener('visibilitychange', () => { document.hidden ? source.close() : location.reload() })
  addEventListener('pagehide', () => source.close())
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload() })
}

// Hides the rows of a table that do not have the text of the field above it.
const field = one('input[data-filter]')
function sieve() {
  const text = (field?.value ?? '').toLowerCase()
  for (const row of all('tbody[data-rows] tr')) row.hidden = !row.textContent.toLowerCase().includes(text)
}
field?.addEventListener('input', sieve)
sieve()

for (const form of all('form[data-ask]')) {
  form.addEventListener('submit', (event) => { if (!confirm(form.dataset.ask)) event.preventDefault() })
}

const help = one('dialog')
one('#help')?.addEventListener('click', () => help.showModal())
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest('input, textarea, select')) {
    if (event.key === 'Escape') event.target.blur()
    return
  }
  const links = all('main tbody tr:not([hidden]) a:first-of-type')
  const at = links.indexOf(document.activeElement)
  const page = all('header nav a')[Number(event.key) - 1]
  if (event.key === '?') help.showModal()
  else if (event.key === '/') (field ?? one('main input:not([type=hidden])'))?.focus()
  else if (event.key === 'j') links[Math.min(at + 1, links.length - 1)]?.focus()
  else if (event.key === 'k') links[Math.max(at - 1, 0)]?.focus()
  else if (event.key === 'u') one('[data-up]')?.click()
  else if (page) page.click()
  else return
  event.preventDefault()
})
`
