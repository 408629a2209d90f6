// The fields of the messages, from the description that comes with the official client.

interface Description {
  fields?: Record<string, { type: string; rule?: string; keyType?: string }>
  oneofs?: Record<string, { oneof: string[] }>
  nested?: Record<string, Description>
  values?: Record<string, number>
}

/** One field of a message. */
export interface Field {
  name: string
  /** A scalar's type, or the full name of a message or an enum. */
  type: string
  /** Of messages without a JSON form of their own. */
  shape: Shape | undefined
  /** Of enums: the names by number. */
  names: ReadonlyMap<number, string> | undefined
  isList: boolean
  isMap: boolean
  /** The group of fields of which only one may be set. */
  oneof: string | undefined
}

/** The fields of a message by their names: in JSON, `startCursor` or `start_cursor`. */
export type Shape = ReadonlyMap<string, Field>

const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

export class MessageShapes {
  readonly #root: Description
  readonly #shapes = new Map<string, Map<string, Field>>()

  constructor(root: object) {
    this.#root = root
  }

  /** Returns the fields of a message of google.datastore.v1. */
  of(message: string): Shape {
    return this.#shape(`google.datastore.v1.${message}`)
  }

  /** Returns the field that a name in JSON means. */
  static field(shape: Shape, name: string): Field | undefined {
    return shape.get(name) ?? (name.includes('_') ? shape.get(camelCase(name)) : undefined)
  }

  #shape(message: string): Shape {
    const known = this.#shapes.get(message)
    if (known) return known
    const shape = new Map<string, Field>()
    // Before its fields are read: a message may have itself inside.
    this.#shapes.set(message, shape)
    const { fields = {}, oneofs = {} } = this.#find(message)!
    const groups = new Map(Object.entries(oneofs).flatMap(([group, { oneof }]) => oneof.map((name) => [name, group])))
    for (const [name, { type, rule, keyType }] of Object.entries(fields)) {
      const isMap = keyType !== undefined
      shape.set(name, {
        name,
        ...this.#type(type, message),
        isList: rule === 'repeated',
        isMap,
        oneof: groups.get(name),
      })
    }
    return shape
  }

  /** Resolves the type of a field, by a name that may be relative to its message. */
  #type(type: string, message: string): Pick<Field, 'type' | 'shape' | 'names'> {
    const scopes = message.split('.')
    for (let length = scopes.length; length >= 0; length--) {
      const full = [...scopes.slice(0, length), type].join('.')
      const found = this.#find(full)
      if (!found) continue
      const names = found.values && new Map(Object.entries(found.values).map(([name, number]) => [number, name]))
      const isPlain = found.fields && !full.startsWith('google.protobuf.')
      return { type: full, names, shape: isPlain ? this.#shape(full) : undefined }
    }
    return { type, names: undefined, shape: undefined }
  }

  #find(name: string): Description | undefined {
    return name.split('.').reduce<Description | undefined>((at, step) => at?.nested?.[step], this.#root)
  }
}
