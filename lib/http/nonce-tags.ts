// Finds the tags of a template that need a nonce under a Content-Security-Policy: those of scripts and styles that stand literally
// in it. Values put into a template are never searched: a script that was smuggled in gets none.

/** The nonce of the page being made, for the tags that its policy asks it of. */
export interface Nonce {
  /** Returns the nonce, which the page then has. */
  readonly value: () => string
  readonly scripts: boolean
  readonly styles: boolean
  /** True if the policy does not allow stylesheets of this site by their address. */
  readonly ownStyles: boolean
}

interface Place {
  /** The text of the template, and the place in it behind the name of the tag. */
  readonly text: number
  readonly at: number
  readonly isScript: boolean
  /** For a stylesheet with an address: true if it is one of this site, or the value that is its address. */
  readonly own: boolean | number
}

const none: readonly Place[] = []
const places = new WeakMap<TemplateStringsArray, readonly Place[]>()

// Stands in a template for what is put in: no character of a tag or a quoted value.
const hole = '\0'
// A comment, or a tag with its attributes. `<!-->` is a whole comment.
const token = /<!--(?:-?>|[\s\S]*?(?:--!?>|$))|<([a-z][^\s/>\0]*)((?:[^"'>]+|"[^"]*"|'[^']*')*)>?/gi
const rawText = /^(?:script|style|textarea|title|iframe|xmp|noembed|noframes)$/

/** Returns the texts of a template with the nonce in their tags; the texts themselves if they have none. */
export function withNonce(
  strings: TemplateStringsArray,
  values: readonly unknown[],
  current: () => Nonce | undefined,
): readonly string[] {
  let found = places.get(strings)
  if (found === undefined) {
    found = strings.some((text) => /<(?:script|style|link)/i.test(text)) ? findPlaces(strings) : none
    places.set(strings, found)
  }
  const nonce = found.length === 0 ? undefined : current()
  if (nonce === undefined) return strings
  let texts: string[] | undefined
  for (const { text, at, isScript, own } of found) {
    if (!(isScript ? nonce.scripts : nonce.styles)) continue
    if (!nonce.ownStyles && (typeof own === 'number' ? isOwn(String(values[own]) + strings[own + 1] + hole) : own))
      continue
    texts ??= [...strings]
    texts[text] = `${texts[text]!.slice(0, at)} nonce="${nonce.value()}"${texts[text]!.slice(at)}`
  }
  return texts ?? strings
}

/** Returns the places from the end of the template to its beginning: what is put in moves none that comes later. */
function findPlaces(strings: readonly string[]): Place[] {
  const all = strings.join(hole)
  const found: Place[] = []
  token.lastIndex = 0
  for (let match = token.exec(all); match !== null; match = token.exec(all)) {
    const name = match[1]?.toLowerCase()
    if (name === undefined) continue
    const end = match.index + 1 + name.length
    const before = all.slice(0, end).split(hole)
    const needed = needOf(name, match[2]!, before.length - 1)
    if (needed !== null) found.push({ text: before.length - 1, at: before.at(-1)!.length, ...needed })
    // A `<script>` in the text of a script is a part of that text.
    if (rawText.test(name)) {
      const end = new RegExp(`</${name}|$`, 'gi')
      end.lastIndex = token.lastIndex
      token.lastIndex = end.exec(all)!.index
    }
  }
  return found.reverse()
}

/**
 * Returns what a tag needs a nonce for, null if it needs none.
 *
 * @param values the number of values before its attributes
 */
function needOf(name: string, attributes: string, values: number): Pick<Place, 'isScript' | 'own'> | null {
  if (/(?:^|\s)nonce\s*=/i.test(attributes)) return null
  if (name === 'script' || name === 'style') return { isScript: name === 'script', own: false }
  if (name !== 'link') return null
  const [rel = '', as = ''] = ['rel', 'as'].map((one) => attribute(attributes, one)?.value.toLowerCase())
  const preloads = /\bpreload\b/.test(rel) ? as : ''
  if (/\bmodulepreload\b/.test(rel) || preloads === 'script') return { isScript: true, own: false }
  if (!/\bstylesheet\b/.test(rel) && preloads !== 'style') return null
  const { value = '', at = 0 } = attribute(attributes, 'href') ?? {}
  const isValue = value.startsWith(hole)
  return { isScript: false, own: isValue ? values + attributes.slice(0, at).split(hole).length - 1 : isOwn(value) }
}

/** Returns the value of an attribute and the place at which it begins. */
function attribute(attributes: string, name: string): { value: string; at: number } | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes)
  return found === null ? undefined : { value: found[1] ?? found[2] ?? found[3]!, at: found.index }
}

/** Returns true for text that begins with an address that is surely of this site: browsers drop tabs, and read `\\` as a slash. */
function isOwn(text: string): boolean {
  return /^(?:\/[\w.~%-]|[\w.~%-]+(?:[/?"'\s>]|$))/.test(text)
}
