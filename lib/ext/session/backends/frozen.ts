// A copy of session data that throws when it is changed, for code that still runs when the answer has left: a change that
// nobody would save must not look as if it had worked.
import { types } from 'node:util'
import { TipfyError } from '../../../internal/errors.ts'
import { decodeData, encodeData } from '../data/codec.ts'

const tooLate = () => {
  throw new TipfyError('TIPFY_E_SESSION_SENT')
}
const refusing = { value: tooLate }

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
    Object.defineProperties(value, { set: refusing, delete: refusing, clear: refusing })
  } else if (types.isSet(value)) {
    for (const item of value) freeze(item)
    Object.defineProperties(value, { add: refusing, delete: refusing, clear: refusing })
  } else if (types.isUint8Array(value) || types.isDate(value)) {
    return // a copy already, and nothing can keep its content from being set
  } else {
    for (const item of Object.values(value)) freeze(item)
  }
  Object.freeze(value)
}
