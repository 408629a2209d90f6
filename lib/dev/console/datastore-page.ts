// The contents of Datastore, read only: kinds, entities, and queries of one property.
import type { Datastore, Key } from '@google-cloud/datastore'
import { BadRequest, NotFound } from '../../http/exceptions.ts'
import { type Html, html } from '../../http/html.ts'
import { TipfyError } from '../../internal/errors.ts'
import { inspectSafely } from './show.ts'
import { type Page, sessionsOf, type Visit } from './visit.ts'

const operators = ['=', '!=', '<', '<=', '>', '>='] as const
const shownAtOnce = 25

type Entity = Record<string | symbol, unknown>

export async function datastorePage(visit: Visit): Promise<Page> {
  const opened = sessionsOf(visit.app)?.openedRepository
  if (opened === undefined) return note('This process has opened no Datastore: its sessions are not kept there.')
  let datastore: Datastore
  try {
    datastore = (await opened.client()) as Datastore
  } catch (error) {
    if (error instanceof TipfyError) return note(error.message)
    throw error
  }
  const [kind] = visit.rest
  if (kind === undefined) return kinds(datastore)
  const path = visit.request.args.get('key')
  return path === null ? entities(visit, datastore, kind) : entity(datastore, kind, path)
}

function note(text: string): Page {
  return { title: 'Datastore', body: html`<p class="soft">${text}</p>` }
}

async function kinds(datastore: Datastore): Promise<Page> {
  const [found] = await datastore.runQuery(datastore.createQuery('__kind__').select('__key__').limit(500))
  const names = found
    .map((one: Entity) => keyOf(datastore, one).name ?? '')
    .filter((name: string) => !name.startsWith('__'))
  const rows = names.map(
    (name: string) => html`<tr><td><a href="/_tipfy/datastore/${encodeURIComponent(name)}">${name}</a></td></tr>`,
  )
  const body = html`<dl><dt>Project</dt><dd><code>${await datastore.getProjectId()}</code></dd>
<dt>Namespace</dt><dd>${datastore.namespace ?? html`<span class="soft">the default one</span>`}</dd></dl>
<table class="small"><thead><tr><th>Kind</th></tr></thead><tbody>${rows}</tbody></table>
${names.length === 0 ? html`<p class="soft">There is nothing in it yet.</p>` : ''}`
  return { title: 'Datastore', body }
}

const keyOf = (datastore: Datastore, one: Entity) => one[datastore.KEY as unknown as symbol] as Key

/** Writes a key's path after its kind as JSON, for a link. */
const pathOf = (key: Key) => JSON.stringify(key.path)

const nameOf = ({ path }: Key): string => path.map((part, at) => (at % 2 === 0 ? part : JSON.stringify(part))).join(' ')

/** Reads a typed value: as JSON if it is that, else as text. */
function typedValue(text: string): unknown {
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return new Date(text)
  const value = parsed(text)
  return typeof value === 'object' && (value !== null || text !== 'null') ? text : value
}

async function entities(visit: Visit, datastore: Datastore, kind: string): Promise<Page> {
  const { args } = visit.request
  const fields = {
    property: args.get('property', ''),
    operator: args.get('operator', '='),
    value: args.get('value', ''),
    order: args.get('order', ''),
  }
  const { found, info } = await run(datastore, kind, fields, args.get('after'))
  const more = info?.moreResults !== 'NO_MORE_RESULTS' && found.length === shownAtOnce ? info?.endCursor : null
  const columns = [...new Set(found.flatMap((one) => Object.keys(one)))]
  const rows = found.map((one) => {
    const key = keyOf(datastore, one)
    const link = `/_tipfy/datastore/${encodeURIComponent(kind)}?${new URLSearchParams({ key: pathOf(key) })}`
    return html`<tr><td><a href="${link}"><code>${short(nameOf(key))}</code></a></td>${columns.map((column) => html`<td><code>${column in one ? short(shown(one[column])) : ''}</code></td>`)}</tr>`
  })
  const body = html`<p><a data-up href="/_tipfy/datastore">all kinds</a></p>
<form class="line" role="search"><label>Property <input name="property" value="${fields.property}" autocomplete="off"></label>
<label>Operator <select name="operator">${operators.map((one) => html`<option${one === fields.operator ? html` selected` : ''}>${one}</option>`)}</select></label>
<label>Value <input name="value" value="${fields.value}" autocomplete="off" placeholder="text, 12, true, null, a time"></label>
<label>Order by <input name="order" value="${fields.order}" autocomplete="off" placeholder="property, or -property"></label><button>Query</button></form>
<div class="wide" role="region" aria-label="Entities" tabindex="0"><table><caption>${found.length === 0 ? 'None found.' : `${found.length === 1 ? '1 entity' : `${found.length} entities`}${more ? ', and there are more' : ''}.`}</caption>
<thead><tr><th>Key</th>${columns.map((column) => html`<th>${column}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>
${more ? html`<p><a href="/_tipfy/datastore/${encodeURIComponent(kind)}?${new URLSearchParams({ ...fields, after: more })}">More</a></p>` : ''}`
  return { title: kind, body }
}

interface Fields {
  property: string
  operator: string
  value: string
  order: string
}

async function run(
  datastore: Datastore,
  kind: string,
  { property, operator, value, order }: Fields,
  after: string | null,
) {
  const { PropertyFilter } = await import('@google-cloud/datastore')
  let query = datastore.createQuery(kind).limit(shownAtOnce)
  if (property !== '') {
    const known = operators.find((one) => one === operator) ?? '='
    query = query.filter(new PropertyFilter(property, known, typedValue(value) as never))
  }
  if (order !== '') query = query.order(order.replace(/^-/, ''), { descending: order.startsWith('-') })
  if (after) query = query.start(after)
  try {
    const [found, info] = await datastore.runQuery(query, { wrapNumbers: true })
    return { found: found as Entity[], info: info as { moreResults?: string; endCursor?: string } }
  } catch (error) {
    throw new BadRequest(`Datastore rejected the query: ${(error as Error).message}`)
  }
}

/** Formats a stored value; integers come wrapped, since JavaScript cannot hold all of them. */
function shown(value: unknown): string {
  return inspectSafely(unwrapped(value))
}

function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped)
  const { type, value: text } = (value ?? {}) as { type?: unknown; value?: unknown }
  if (type === 'DatastoreInt') return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text as string)
  if (type === 'DatastoreDouble') return Number(text)
  return value
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}

/** Reads the path of a key from a link. */
function pathFrom(text: string): (string | number)[] {
  const path = parsed(text)
  const isPart = (part: unknown) => typeof part === 'string' || typeof part === 'number'
  if (Array.isArray(path) && path.length > 0 && path.every(isPart)) return path
  throw new BadRequest('That is no key.')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function entity(datastore: Datastore, kind: string, text: string): Promise<Page> {
  const path = pathFrom(text)
  // A numeric id comes as text, which the client takes for a name.
  const parts = path.map((part, at) => (at % 2 === 1 && typeof part === 'number' ? datastore.int(part) : part))
  const [found] = await datastore.get(datastore.key(parts as string[]), { wrapNumbers: true })
  if (found === undefined) throw new NotFound('There is no such entity, or not any more.')
  const rows = Object.entries(found as Entity).map(
    ([name, value]): Html => html`<tr><th scope="row">${name}</th><td><code>${shown(value)}</code></td></tr>`,
  )
  const body = html`<p><a data-up href="/_tipfy/datastore/${encodeURIComponent(kind)}">all of ${kind}</a></p>
<p>Key: <code>${nameOf(datastore.key(parts as string[]))}</code></p>
<div class="wide" role="region" aria-label="Properties" tabindex="0"><table class="small"><tbody>${rows}</tbody></table></div>`
  return { title: kind, body }
}
