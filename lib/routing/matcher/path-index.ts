// An index of paths by shape, made of find-my-way: a variable is a parameter whatever its converter, a path converter is a
// wildcard, and the leaf checks the rest.
import { createRequire } from 'node:module'
import type createRouter from 'find-my-way'

/** Visits every leaf that a path leads to. */
export interface Visitor<Leaf> {
  visit(leaf: Leaf): void
}

// Characters that a router would decode, split at or read as a variable are replaced by lone surrogates, which no path has.
const special = /[%?#*:]/
const mask = (text: string) =>
  special.test(text) ? text.replace(/[%?#*:]/g, (char) => String.fromCharCode(0xdc00 + char.charCodeAt(0))) : text

/** A piece of a shape: text, or a variable with a static prefix that takes a segment or all the rest. */
export type ShapePiece = string | { prefix: string; rest: boolean }

/** The key of a shape: the same for all paths that lead to the same leaves. */
export function shapeKey(pieces: readonly ShapePiece[]): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? mask(piece) : `${mask(piece.prefix)}${piece.rest ? '*' : ':v'}`))
    .join('/')
}

const noHandler = () => {}
const noQuery = () => ({})

// Loaded for the first rule with a variable: it takes 1.2 MB of memory.
let create: typeof createRouter | undefined

function makeRouter<Leaf>() {
  create ??= createRequire(import.meta.url)('find-my-way') as typeof createRouter
  return create({
    maxParamLength: Number.POSITIVE_INFINITY,
    querystringParser: noQuery,
    constraints: {
      // The router asks it at each leaf: it shows the leaf to the visitor and declines, so that the router goes on.
      visitor: {
        name: 'visitor',
        deriveConstraint: () => '',
        storage: () => {
          let leaf: Leaf | null = null // until the router stores it; it asks once before that
          return {
            set: (given: unknown) => {
              leaf = given as Leaf
            },
            get: (visitor: unknown) => {
              if (leaf !== null) (visitor as Visitor<Leaf>).visit(leaf)
              return null
            },
          }
        },
      },
    },
  })
}

export class ShapeTree<Leaf> {
  #router: ReturnType<typeof createRouter> | undefined

  add(key: string, leaf: Leaf): void {
    this.#router ??= makeRouter<Leaf>()
    this.#router.on('GET', key, { constraints: { visitor: leaf } }, noHandler)
  }

  /** Shows `visitor` every leaf that `path` (decoded) leads to: at most one for each shape that fits it. */
  visit(path: string, visitor: Visitor<Leaf>): void {
    this.#router?.find('GET', mask(path), { visitor })
  }
}
