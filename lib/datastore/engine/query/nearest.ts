// A vector search: its target, and the distance of an entity from it.
import { enumName } from '../encoding/convert.ts'
import { readDocument } from '../encoding/document.ts'
import { checkName } from '../encoding/keys.ts'
import { checkPropertyName, isVector, type Properties, type StoredValue, ValueReader } from '../encoding/values.ts'
import type { Query, Target } from '../protocol/messages.ts'
import { invalid } from '../protocol/status.ts'

const maxNeighbors = 100

type Measure = 'EUCLIDEAN' | 'COSINE' | 'DOT_PRODUCT'

export interface Nearest {
  property: string
  vector: readonly number[]
  measure: Measure
  limit: number
  /** The property of the results that gets the distance. */
  resultProperty: string | undefined
  /** The largest distance of a result; the smallest one for DOT_PRODUCT, which grows with likeness. */
  threshold: number | undefined
}

/** Checks a vector search, if a query is one. */
export function readNearest(query: Query, target: Target): Nearest | undefined {
  const { findNearest: given, limit: queryLimit, offset, startCursor, endCursor } = query
  if (!given) return undefined
  if (queryLimit) throw invalid('A query limit cannot be used with find_nearest.')
  if (offset) throw invalid('A query offset cannot be used with find_nearest.')
  if (startCursor?.length || endCursor?.length) throw invalid('A cursor cannot be used with find_nearest.')
  const property = checkName('find_nearest.vector_property.name', given.vectorProperty?.name ?? '')
  // Only stored vectors must be excluded from indexes.
  const wanted = given.queryVector && { ...given.queryVector, excludeFromIndexes: true }
  if (!wanted || !isVector(wanted)) throw invalid('find_nearest.query_vector must be a vector.')
  const vector = new ValueReader(target).value(wanted, 'find_nearest.query_vector')
  const measure = enumName<Measure>(given.distanceMeasure, { 1: 'EUCLIDEAN', 2: 'COSINE', 3: 'DOT_PRODUCT' })
  if (measure !== 'EUCLIDEAN' && measure !== 'COSINE' && measure !== 'DOT_PRODUCT')
    throw invalid('find_nearest.distance_measure must be specified.')
  const limit = given.limit?.value ?? 0
  if (limit < 1 || limit > maxNeighbors)
    throw invalid(`find_nearest.limit must be a positive integer of no more than ${maxNeighbors}.`)
  const resultProperty = given.distanceResultProperty || undefined
  if (resultProperty !== undefined) checkPropertyName(resultProperty)
  const threshold = given.distanceThreshold ? Number(given.distanceThreshold.value ?? 0) : undefined
  if (threshold !== undefined && !Number.isFinite(threshold))
    throw invalid('find_nearest.distance_threshold must be a finite number.')
  return { property, vector: numbersOf(vector), measure, limit, resultProperty, threshold }
}

const numbersOf = ({ arrayValue }: StoredValue): number[] =>
  arrayValue!.values!.map(({ doubleValue }) => Number(doubleValue))

/** Returns the distance of an entity; undefined if it has no vector of these dimensions, or is not within the threshold. */
export function distanceOf({ property, vector, measure, threshold }: Nearest, text: string): number | undefined {
  const found = valueNamed(readDocument(text), property)
  const other = found && isVector(found) ? numbersOf(found) : []
  if (other.length !== vector.length) return undefined
  const distance = measures[measure](vector, other)
  // A vector of zeros has no angle to another.
  if (Number.isNaN(distance)) return undefined
  const isNear = threshold === undefined || (measure === 'DOT_PRODUCT' ? distance >= threshold : distance <= threshold)
  return isNear ? distance : undefined
}

/** Finds a property by the name that queries use: `a.b` is also b in the entity value a. */
function valueNamed(properties: Properties, name: string): StoredValue | undefined {
  if (Object.hasOwn(properties, name)) return properties[name]
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const outer = name.slice(0, dot)
    const inside = Object.hasOwn(properties, outer) ? properties[outer]!.entityValue?.properties : undefined
    const found = inside && valueNamed(inside as Properties, name.slice(dot + 1))
    if (found) return found
  }
  return undefined
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

const measures: Record<Measure, (a: readonly number[], b: readonly number[]) => number> = {
  EUCLIDEAN: (a, b) => Math.hypot(...a.map((x, i) => x - b[i]!)),
  COSINE: (a, b) => 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)),
  DOT_PRODUCT: dot,
}
