// Rules that hardly mean what they say: Werkzeug takes them, and whoever wrote them waits in vain for a request.
import { METHODS } from '../internal/node-http.ts'
import type { Rule } from './rule.ts'
import type { UrlMap } from './url-map.ts'

/** A rule, and what is doubtful about it. */
export interface Doubtful {
  rule: Rule
  message: string
}

const known = new Set(METHODS)

function doubtOf({ path, methods, alias, endpoint, map }: Rule): string | null {
  const text = path.replace(/<[^>]*>/g, '')
  const mark = /[?#]/.exec(text)?.[0]
  if (mark !== undefined) {
    return `has a \`${mark}\`, which only matches the path's own, percent-encoded one: a query is no part of a rule, see request.args`
  }
  const variable = /(?<=\/)(?:[:*][a-z_]\w*|\*(?=\/|$))|\{\w+\}|\[\w+\]/i.exec(text)?.[0]
  if (variable !== undefined) {
    const name = variable.replace(/\W/g, '')
    return `has \`${variable}\`, which only matches that very text: a variable is written \`<${name || 'path:rest'}>\``
  }
  const encoded = /%[0-9a-f]{2}/i.exec(text)?.[0]
  if (encoded !== undefined)
    return `is read as it stands, decoded: \`${encoded}\` matches only \`%25${encoded.slice(1)}\``
  const method = [...(methods ?? [])].find((one) => !known.has(one))
  if (method !== undefined) return `answers ${method}, a method that cannot come`
  if (alias && map!.rules(endpoint).every((rule) => rule.alias))
    return 'is an alias, but no other rule has its endpoint'
  return null
}

/** The doubtful rules of a map. */
export function findDoubtful(map: UrlMap): Doubtful[] {
  return map.addedRules.flatMap((rule) => {
    const doubt = doubtOf(rule)
    return doubt === null ? [] : [{ rule, message: `The rule \`${rule.path}\` ${doubt}` }]
  })
}
