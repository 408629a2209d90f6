// Escapes text for HTML: `escape` for one text, the html`` template for a page.

const special = /[&<>"']/
const each = /[&<>"']/g
const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes `& < > " '` as entities, for text between tags and inside quoted attributes. */
function escapeHtml(text: unknown): string {
  const string = String(text)
  return special.test(string) ? string.replace(each, (char) => entities[char]!) : string
}

export { escapeHtml as escape }

/** Text that is HTML already and is not escaped again. The result of html`…`. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }

  toJSON(): string {
    return this.#text
  }
}

function render(value: unknown): string {
  if (value instanceof Html) return value.toString()
  if (Array.isArray(value)) return value.map(render).join('')
  return value === null || value === undefined || value === false ? '' : escapeHtml(value)
}

/**
 * A template that escapes its values. Another html`…` is inserted as it is, lists are joined, and null, undefined and false are
 * left out. Quote the values of attributes.
 *
 * @example
 * html`<ul>${products.map((name) => html`<li>${name}</li>`)}</ul>`
 */
export function html(strings: TemplateStringsArray, ...values: unknown[]): Html {
  let text = strings[0]!
  for (let at = 0; at < values.length; at++) text += render(values[at]) + strings[at + 1]!
  return new Html(text)
}

/** Marks trusted text as HTML, which is not escaped: never pass it text that a user sent. */
html.raw = (text: string): Html => new Html(text)
