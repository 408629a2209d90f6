// Property transforms: changes that the server computes from the current value, after the mutation's own.

import { toTimestamp } from './encoding/convert.ts'
import { type Path, readPath, setAt, valueAt } from './encoding/paths.ts'
import { sortBytes } from './encoding/sort-bytes.ts'
import type { Properties, StoredValue, ValueReader } from './encoding/values.ts'
import type { PropertyTransform } from './protocol/messages.ts'
import { invalid } from './protocol/status.ts'

/** Computes a property's new value and the result for the response. `now` is the request's time in microseconds. */
type Work = (current: StoredValue | undefined, now: number) => { value: StoredValue; result: StoredValue }

export interface Transform {
  path: Path
  work: Work
}

const maxTransforms = 500
const [minInt64, maxInt64] = [-(1n << 63n), (1n << 63n) - 1n]
const nullResult: StoredValue = { valueType: 'nullValue', nullValue: 'NULL_VALUE' }

/** Counts the transforms of a mutation towards the limit, and so each element of an array transform. */
export function countTransforms(transforms: PropertyTransform[] | null | undefined): number {
  return (transforms ?? []).reduce((count, { appendMissingElements, removeAllFromArray }) => {
    return count + ((appendMissingElements ?? removeAllFromArray)?.values?.length ?? 1)
  }, 0)
}

/** Throws for too many transforms of one entity in one commit. */
export function checkTransformCount(count: number): void {
  if (count > maxTransforms) throw invalid(`At most ${maxTransforms} property transforms are supported.`)
}

/** Checks the transforms of one mutation. */
export function readTransforms(transforms: PropertyTransform[] | null | undefined, reader: ValueReader): Transform[] {
  checkTransformCount(countTransforms(transforms))
  return (transforms ?? []).map((transform) => ({
    path: readPath(transform.property),
    work: readWork(transform, reader),
  }))
}

function readWork(transform: PropertyTransform, reader: ValueReader): Work {
  const name = transform.property!
  if (transform.increment) return arithmetic(readNumber(transform.increment, name, reader), add)
  if (transform.maximum) return arithmetic(readNumber(transform.maximum, name, reader), (a, b) => larger(a, b, 1))
  if (transform.minimum) return arithmetic(readNumber(transform.minimum, name, reader), (a, b) => larger(a, b, -1))
  const array = transform.appendMissingElements ?? transform.removeAllFromArray
  if (array) {
    const given = (array.values ?? []).map((element) => reader.value(element, name))
    if (given.some((element) => element.valueType === 'arrayValue'))
      throw invalid('list_value cannot contain a Value containing another list_value.')
    return transform.appendMissingElements ? appendMissing(given) : removeAll(given)
  }
  if (transform.setToServerValue === 1 || transform.setToServerValue === 'REQUEST_TIME') return setToRequestTime
  throw invalid(`The transform of "${name}" has no known type.`)
}

function readNumber(
  value: NonNullable<PropertyTransform['increment']>,
  name: string,
  reader: ValueReader,
): StoredValue {
  const read = reader.value(value, name)
  if (!isNumber(read)) throw invalid(`The transform of "${name}" needs an integer or a double.`)
  return read
}

function isNumber(value: StoredValue | undefined): value is StoredValue {
  return value?.valueType === 'integerValue' || value?.valueType === 'doubleValue'
}

function arithmetic(given: StoredValue, combine: (current: StoredValue, given: StoredValue) => StoredValue): Work {
  return (current) => {
    const result = isNumber(current) ? combine(current, given) : given
    // A property that is not indexed stays so.
    return { value: current?.excludeFromIndexes ? { ...result, excludeFromIndexes: true } : result, result }
  }
}

function toDouble(value: StoredValue): number {
  return Number(value.valueType === 'integerValue' ? value.integerValue : value.doubleValue)
}

function add(a: StoredValue, b: StoredValue): StoredValue {
  if (a.valueType === 'doubleValue' || b.valueType === 'doubleValue')
    return { valueType: 'doubleValue', doubleValue: toDouble(a) + toDouble(b) }
  const sum = BigInt(a.integerValue as string) + BigInt(b.integerValue as string)
  const fitting = sum > maxInt64 ? maxInt64 : sum < minInt64 ? minInt64 : sum
  return { valueType: 'integerValue', integerValue: String(fitting) }
}

/** Returns the larger (sign 1) or smaller (sign -1) of two; the current one if they are equal, NaN if either is. */
function larger(current: StoredValue, given: StoredValue, sign: 1 | -1): StoredValue {
  if (Number.isNaN(toDouble(current))) return current
  if (Number.isNaN(toDouble(given))) return given
  const [a, b] = [exact(given), exact(current)]
  // JavaScript compares integers and doubles by their values, exactly.
  return (sign > 0 ? a > b : a < b) ? given : current
}

function exact({ valueType, integerValue, doubleValue }: StoredValue): bigint | number {
  return valueType === 'integerValue' ? BigInt(integerValue as string) : (doubleValue as number)
}

/** Returns a text that is the same for equal elements: 3 and 3.0 are equal, as are entities with the same content. */
function identity(value: StoredValue): string {
  switch (value.valueType) {
    case 'integerValue':
      return `n${value.integerValue}`
    case 'doubleValue': {
      const double = value.doubleValue as number
      return Number.isInteger(double) ? `n${BigInt(double)}` : `n${double}`
    }
    case 'arrayValue':
      return JSON.stringify((value.arrayValue!.values as StoredValue[]).map(identity))
    case 'entityValue': {
      const { key, properties } = value.entityValue!
      const inside = Object.entries(properties as Properties).map(([name, inner]) => [name, identity(inner)])
      return JSON.stringify([key ?? null, inside.sort(([a], [b]) => (a! < b! ? -1 : 1))])
    }
    default:
      return value.valueType + sortBytes(value).toString('latin1')
  }
}

function elementsOf(current: StoredValue | undefined): StoredValue[] {
  return current?.valueType === 'arrayValue' ? (current.arrayValue!.values as StoredValue[]) : []
}

function appendMissing(given: StoredValue[]): Work {
  return (current) => {
    const values = [...elementsOf(current)]
    const seen = new Set(values.map(identity))
    for (const element of given) {
      const id = identity(element)
      if (!seen.has(id)) values.push(element)
      seen.add(id)
    }
    return { value: { valueType: 'arrayValue', arrayValue: { values } }, result: nullResult }
  }
}

function removeAll(given: StoredValue[]): Work {
  const gone = new Set(given.map(identity))
  return (current) => {
    const values = elementsOf(current).filter((element) => !gone.has(identity(element)))
    return { value: { valueType: 'arrayValue', arrayValue: { values } }, result: nullResult }
  }
}

const setToRequestTime: Work = (_current, now) => {
  const value: StoredValue = { valueType: 'timestampValue', timestampValue: toTimestamp(Math.floor(now / 1000) * 1000) }
  return { value, result: value }
}

/** Applies transforms in order, in place; returns the result of each. */
export function applyTransforms(properties: Properties, transforms: Transform[], now: number): StoredValue[] {
  return transforms.map(({ path, work }) => {
    const { value, result } = work(valueAt(properties, path), now)
    setAt(properties, path, value)
    // The service includes the empty fields.
    return { meaning: 0, excludeFromIndexes: false, ...result }
  })
}
