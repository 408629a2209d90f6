// The rules of a map in the order of Werkzeug's matcher, which walks a tree of parts: static ones first, then the others by
// weight. Here that walk is done once, when the map is compiled: everything it could find becomes a candidate with a rank,
// stored by its shape. A match is then the candidate of lowest rank.

import type { Rule } from '../rule.ts'
import { type ShapePiece, ShapeTree, shapeKey } from './path-index.ts'
import { compareParts, type DynamicPart, type Part } from './rule-part.ts'

/** One way to match a rule. */
export interface Candidate {
  readonly rank: number
  readonly rule: Rule
  /** The path is the rule's, or lacks its final slash, or has one more than a rule without strict slashes. */
  readonly how: 'exact' | 'lacksSlash' | 'extraSlash'
  /** The parts to check, with the indices of their segments; -1 is the domain. */
  readonly dynamics: readonly { part: DynamicPart; at: number }[]
  /** For a rule that ends with a path converter and a slash: true if the path must end with one. */
  readonly slash: boolean
}

/** Candidates of one shape, best first. */
export type Leaf = Candidate[]

interface State {
  statics?: Map<string, State>
  dynamics?: Map<DynamicPart, State>
  rules: Rule[]
}

function grow(state: State, part: Part): State {
  if (typeof part === 'string') {
    state.statics ??= new Map()
    return childOf(state.statics, part)
  }
  state.dynamics ??= new Map()
  return childOf(state.dynamics, part)
}

function childOf<Key>(children: Map<Key, State>, key: Key): State {
  const next = children.get(key) ?? { rules: [] }
  children.set(key, next)
  return next
}

const inOrder = ({ dynamics = new Map() }: State): [DynamicPart, State][] =>
  [...dynamics].sort(([one], [other]) => compareParts(one, other))

/** The rules of one domain. */
export class DomainTree {
  /** Shapes without variables, by path. */
  readonly statics = new Map<string, Leaf>()
  readonly shapes = new ShapeTree<Leaf>()
  readonly #leaves = new Map<string, Leaf>()
  #rank: number

  constructor(state: State, firstRank: number, domain: DynamicPart | null) {
    this.#rank = firstRank
    this.#walk(state, [], domain === null ? [] : [{ part: domain, at: -1 }])
    for (const [key, leaf] of this.#leaves) this.shapes.add(key, leaf)
    this.#leaves.clear()
  }

  get nextRank(): number {
    return this.#rank
  }

  #walk(state: State, shape: ShapePiece[], dynamics: Candidate['dynamics']): void {
    // A path converter takes all segments: an empty last one only decides on the slash at the end.
    const open = dynamics.at(-1)?.part.final !== true
    const slash = !open && shape.at(-1) === ''
    const place = slash ? shape.slice(0, -1) : shape
    for (const rule of state.rules) this.#file(place, rule, 'exact', dynamics, slash)
    for (const rule of state.statics?.get('')?.rules ?? []) this.#file(place, rule, 'lacksSlash', dynamics, slash)
    for (const [text, next] of state.statics ?? []) {
      shape.push(text)
      this.#walk(next, shape, dynamics)
      shape.pop()
    }
    for (const [part, next] of inOrder(state)) {
      const checks = [...dynamics, { part, at: shape.length }]
      shape.push({ prefix: part.prefix, rest: part.final })
      this.#walk(next, shape, checks)
      shape.pop()
    }
    if (!open) return
    for (const rule of state.rules) {
      if (!rule.strictSlashes) this.#file([...shape, ''], rule, 'extraSlash', dynamics, false)
    }
  }

  #file(
    shape: readonly ShapePiece[],
    rule: Rule,
    how: Candidate['how'],
    dynamics: Candidate['dynamics'],
    slash: boolean,
  ): void {
    const isStatic = shape.every((piece) => typeof piece === 'string')
    const key = isStatic ? shape.join('/') : shapeKey(shape)
    const leaves = isStatic ? this.statics : this.#leaves
    const candidate = { rank: this.#rank, rule, how, dynamics, slash }
    const leaf = leaves.get(key)
    if (leaf === undefined) leaves.set(key, [candidate])
    else leaf.push(candidate)
    this.#rank += 1
  }
}

/** The rules of a map, compiled. */
export class RuleTree {
  readonly domains: ReadonlyMap<string, DomainTree>
  /** Domains with variables, in the order in which they are tried. */
  readonly patterns: readonly { part: DynamicPart; tree: DomainTree }[]

  constructor(rules: Iterable<Rule>) {
    const root: State = { rules: [] }
    for (const rule of rules) {
      const [domain, ...more] = rule.compiled.domainParts
      // A domain has no slashes, so a pattern with slashes never matches.
      if (more.length > 0 || (typeof domain !== 'string' && domain!.final)) continue
      rule.compiled.parts.reduce(grow, grow(root, domain!)).rules.push(rule)
    }
    let rank = 0
    const compile = (state: State, domain: DynamicPart | null) => {
      const tree = new DomainTree(state, rank, domain)
      rank = tree.nextRank
      return tree
    }
    this.domains = new Map([...(root.statics ?? [])].map(([domain, state]) => [domain, compile(state, null)]))
    this.patterns = inOrder(root).map(([part, state]) => ({ part, tree: compile(state, part) }))
  }
}

/** True if a match is redirected to the path with a slash. */
export function needsSlash({ how, rule }: Candidate): boolean {
  return how === 'lacksSlash' && rule.strictSlashes === true
}
