// A copy of session data that throws when it is changed, for code that still runs after the response's headers: a change that is
// not saved must not look as if it had worked.
import { types } from 'node:util'
import { TipfyError } from '../../../internal/errors.ts'
import { decodeData, encodeData } from '../data/codec.ts'

const tooLate = () => {
  throw new TipfyError('TIPFY_E_SESSION_SENT')
}
const throwing = { value: tooLate }

export function frozenCopy(data: Record<string, unknown>): Record<string, unknown> {
  const copy = decodeData(encodeData(data))
  freeze(copy)
  return copy
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (types.isMap(value)) {
    for (const [key, item] of value) {
      freeze(key)
      freeze(item)
    }
    Object.defineProperties(value, { set: throwing, delete: throwing, clear: throwing })
  } else if (types.isSet(value)) {
    for (const item of value) freeze(item)
    Object.defineProperties(value, { add: throwing, delete: throwing, clear: throwing })
  } else if (types.isUint8Array(value) || types.isDate(value)) {
    return // a copy already, and nothing can keep its content from being set
  } else {
    for (const item of Object.values(value)) freeze(item)
  }
  Object.freeze(value)
}
