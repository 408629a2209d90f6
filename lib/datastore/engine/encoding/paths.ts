// Property paths of masks and transforms: `foo.bar` is bar inside the entity value foo; a backslash escapes a dot or a
// backslash that is part of a name.

import type { PropertyMask } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'
import { checkPropertyName, maxDepth, type Properties, type StoredValue } from './values.ts'

export type Path = readonly string[]

const keyProperty = '__key__'

/** Reads the names in a path. */
export function readPath(text: string | null | undefined): Path {
  if (!text) throw invalid('A property path must not be empty.')
  const names = ['']
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\') {
      const escaped = text[++at]
      if (escaped !== '.' && escaped !== '\\')
        throw invalid(
          escaped === undefined
            ? `Property path ${text} ends in \\.`
            : `Property path ${text} has unknown escaped character ${escaped}.`,
        )
      names[names.length - 1] += escaped
    } else if (char === '.') names.push('')
    else names[names.length - 1] += char
  }
  if (names.length > maxDepth + 1) throw invalid(`At most ${maxDepth} nested entity values are supported.`)
  for (const name of names) checkPropertyName(name)
  return names
}

/** Reads the paths of a mask, or undefined for no mask. `__key__` is always included. */
export function readMask(mask: PropertyMask | null | undefined): Path[] | undefined {
  return mask ? (mask.paths ?? []).filter((text) => text !== keyProperty).map(readPath) : undefined
}

function inside(value: StoredValue | undefined): Properties | undefined {
  return value?.entityValue?.properties as Properties | undefined
}

function own(properties: Properties | undefined, name: string): StoredValue | undefined {
  return properties && Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** Returns the value at a path, if there is one. */
export function valueAt(properties: Properties, path: Path): StoredValue | undefined {
  let at: Properties | undefined = properties
  for (const name of path.slice(0, -1)) at = inside(own(at, name))
  return own(at, path.at(-1)!)
}

/** Sets the value at a path and makes the entity values on the way; undefined removes it. */
export function setAt(properties: Properties, path: Path, value: StoredValue | undefined): void {
  let at = properties
  for (const name of path.slice(0, -1)) {
    let next = inside(own(at, name))
    if (!next) {
      if (!value) return
      next = {}
      at[name] = { valueType: 'entityValue', entityValue: { properties: next } }
    }
    at = next
  }
  if (value) at[path.at(-1)!] = value
  else delete at[path.at(-1)!]
}

/** Returns the properties that a mask selects. */
export function masked(properties: Properties, mask: Path[] | undefined): Properties {
  if (!mask) return properties
  const kept: Properties = {}
  for (const path of mask) {
    const value = valueAt(properties, path)
    if (value) setAt(kept, path, value)
  }
  return kept
}
