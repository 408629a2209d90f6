// find-my-way, used as an index: which leaves does the shape of a path lead to? A variable is a parameter whatever its
// converter, a path converter a wildcard, and the leaf itself looks at the rest.
import { createRequire } from 'node:module'
import type createRouter from 'find-my-way'

/** Gets every leaf that a path leads to. */
export interface Visitor<Leaf> {
  visit(leaf: Leaf): void
}

// What a router would decode, split off or take for a variable is replaced by lone surrogates, which no path can hold.
const SPECIAL = /[%?#*:]/
const mask = (text: string) =>
  SPECIAL.test(text) ? text.replace(/[%?#*:]/g, (char) => String.fromCharCode(0xdc00 + char.charCodeAt(0))) : text

/** A piece of a shape: text, or a variable that begins with text and takes a segment, or all the rest. */
export type ShapePiece = string | { prefix: string; rest: boolean }

/** The name of a shape: the same for all paths that lead to the same leaves. */
export function shapeKey(pieces: readonly ShapePiece[]): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? mask(piece) : `${mask(piece.prefix)}${piece.rest ? '*' : ':v'}`))
    .join('/')
}

const noHandler = () => {}
const noQuery = () => ({})

// Loaded for the first rule with a variable: it is 1.2 MB in memory.
let create: typeof createRouter | undefined

function makeRouter<Leaf>() {
  create ??= createRequire(import.meta.url)('find-my-way') as typeof createRouter
  return create({
    maxParamLength: Number.POSITIVE_INFINITY,
    querystringParser: noQuery,
    constraints: {
      // Asked at each leaf, it shows the visitor that leaf and says no, so that the router goes on to the next.
      visitor: {
        name: 'visitor',
        deriveConstraint: () => '',
        storage: () => {
          let leaf: Leaf | null = null // until the router files it, before which it asks once
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
  private router: ReturnType<typeof createRouter> | undefined

  add(key: string, leaf: Leaf): void {
    this.router ??= makeRouter<Leaf>()
    this.router.on('GET', key, { constraints: { visitor: leaf } }, noHandler)
  }

  /** Shows `visitor` every leaf that `path` (decoded) leads to: as many as there are shapes that it fits, at most. */
  visit(path: string, visitor: Visitor<Leaf>): void {
    this.router?.find('GET', mask(path), { visitor })
  }
}
