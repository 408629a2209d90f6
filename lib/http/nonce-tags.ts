// Finds the tags of a template that need a nonce under a Content-Security-Policy: those of scripts and styles that stand literally
// in it. Values put into a template are never searched: a script that was smuggled in gets none.

/** The nonce of the page being made, for the tags that its policy asks it of. */
export interface Nonce {
  /** Returns the nonce, which the page then has. */
  readonly value: () => string
  readonly scripts: boolean
  readonly styles: boolean
}

interface Place {
  /** The text of the template, and the place in it behind the name of the tag. */
  readonly text: number
  readonly at: number
  readonly isScript: boolean
}

const none: readonly Place[] = []
const places = new WeakMap<TemplateStringsArray, readonly Place[]>()

// Stands in a template for what is put in: no character of a tag or a quoted value.
const hole = '\0'
// A comment, or a tag with its attributes.
const token = /<!--[\s\S]*?(?:-->|$)|<([a-z][^\s/>\0]*)((?:[^"'>]+|"[^"]*"|'[^']*')*)>?/gi
const rawText = /^(?:script|style|textarea|title)$/
const ownPath = /\shref\s*=\s*["']?\/(?![/\\])[^\0]*?["'\s>]/i

/** Returns the texts of a template with the nonce in their tags; the texts themselves if they have none. */
export function withNonce(strings: TemplateStringsArray, current: () => Nonce | undefined): readonly string[] {
  let found = places.get(strings)
  if (found === undefined) {
    found = strings.some((text) => /<(?:script|style|link)/i.test(text)) ? findPlaces(strings) : none
    places.set(strings, found)
  }
  const nonce = found.length === 0 ? undefined : current()
  if (nonce === undefined) return strings
  let texts: string[] | undefined
  for (const { text, at, isScript } of found) {
    if (!(isScript ? nonce.scripts : nonce.styles)) continue
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
    const attributes = match[2]!
    if (needsNonce(name, attributes)) {
      const end = match.index + 1 + name.length
      const before = all.slice(0, end).split(hole)
      found.push({ text: before.length - 1, at: before.at(-1)!.length, isScript: name === 'script' })
    }
    // A `<script>` in the text of a script is a part of that text.
    if (rawText.test(name)) {
      const end = new RegExp(`</${name}|$`, 'gi')
      end.lastIndex = token.lastIndex
      token.lastIndex = end.exec(all)!.index
    }
  }
  return found.reverse()
}

function needsNonce(name: string, attributes: string): boolean {
  if (/(?:^|\s)nonce\s*=/i.test(attributes)) return false
  if (name === 'script' || name === 'style') return true
  // A stylesheet of this site is allowed by its address.
  return name === 'link' && /\srel\s*=\s*["']?\s*stylesheet\b/i.test(attributes) && !ownPath.test(`${attributes}>`)
}
