// Properties that have a getter alone. JavaScript's own error for an assignment names neither the object nor the remedy.
import { TipfyError } from './errors.ts'

/** The remedies of properties by name, and that of all others. */
export type Remedies = Readonly<Record<string, string>> & { readonly others: string }

/** Makes an assignment to a property of `type` that has only a getter throw TIPFY_E_READ_ONLY, with the remedy. */
export function guardGetters(type: { readonly prototype: object }, object: string, remedies: Remedies): void {
  for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype))) {
    if (get === undefined || set !== undefined) continue
    const fail = () => {
      throw new TipfyError('TIPFY_E_READ_ONLY', {
        what: `${object}.${name}`,
        remedy: remedies[name] ?? remedies.others,
      })
    }
    Object.defineProperty(type.prototype, name, { set: fail })
  }
}
