// The rules of a map in the order in which Werkzeug's matcher would come upon them. It walks a tree of parts, static
// ones first, then the others by weight; here that walk is done once, when the map is compiled: each thing it could
// find becomes a candidate with a rank, filed under its shape. A match is then the candidate of least rank.
import { compareParts, type DynamicPart, type Part } from './part.ts'
import type { Rule } from './rule.ts'
import { type ShapePiece, ShapeTree, shapeKey } from './shapes.ts'

/** A way to match a rule. */
export interface Candidate {
  readonly rank: number
  readonly rule: Rule
  /** The path lacks the rule's last slash, and the rule insists on it. */
  readonly needsSlash: boolean
  /** A wrong method is worth a 405; not where the path only lacks a slash. */
  readonly countsMethods: boolean
  /** Nothing that the path could lead to by another shape is better. */
  readonly certain: boolean
  /** The parts to check, with the numbers of their segments; -1 is the domain. */
  readonly dynamics: readonly { part: DynamicPart; at: number }[]
  /** For a rule that ends with a path converter and a slash: whether the path must end with one. */
  readonly slash: boolean
}

/** Candidates of one shape, best first. */
export type Leaf = Candidate[]

interface State {
  statics: Map<string, State>
  dynamics: Map<string, { part: DynamicPart; state: State }>
  rules: Rule[]
}

const newState = (): State => ({ statics: new Map(), dynamics: new Map(), rules: [] })

function grow(state: State, part: Part): State {
  if (part.kind === 'static') {
    const next = state.statics.get(part.key) ?? newState()
    state.statics.set(part.key, next)
    return next
  }
  const next = state.dynamics.get(part.key) ?? { part, state: newState() }
  state.dynamics.set(part.key, next)
  return next.state
}

const inOrder = (state: State) => [...state.dynamics.values()].sort((one, other) => compareParts(one.part, other.part))

/** The rules of one domain. */
export class DomainTree {
  /** Shapes without variables, by path. */
  readonly statics = new Map<string, Leaf>()
  readonly shapes = new ShapeTree<Leaf>()
  private readonly leaves = new Map<string, Leaf>()
  private rank: number

  constructor(state: State, firstRank: number, domain: DynamicPart | null) {
    this.rank = firstRank
    this.walk(state, [], domain === null ? [] : [{ part: domain, at: -1 }])
    for (const [key, leaf] of this.leaves) this.shapes.add(key, leaf)
  }

  get nextRank(): number {
    return this.rank
  }

  private walk(state: State, shape: readonly ShapePiece[], dynamics: Candidate['dynamics']): void {
    // A path converter has taken all segments: one that is last and empty is then a question of the slash at its end.
    const open = dynamics.at(-1)?.part.final !== true
    const slash = !open && shape.at(-1) === ''
    const place = slash ? shape.slice(0, -1) : shape
    const found = { dynamics, slash, countsMethods: true, needsSlash: false, certain: true }
    for (const rule of state.rules) this.file(place, { ...found, rule })
    for (const rule of state.statics.get('')?.rules ?? []) {
      this.file(place, { ...found, rule, countsMethods: false, needsSlash: rule.strictSlashes === true })
    }
    for (const [text, next] of state.statics) this.walk(next, [...shape, text], dynamics)
    for (const { part, state: next } of inOrder(state)) {
      const piece = { prefix: part.prefix, rest: part.final }
      this.walk(next, [...shape, piece], [...dynamics, { part, at: shape.length }])
    }
    if (!open) return
    for (const rule of state.rules) {
      if (!rule.strictSlashes) this.file([...shape, ''], { ...found, rule, certain: false })
    }
  }

  private file(shape: readonly ShapePiece[], candidate: Omit<Candidate, 'rank'>): void {
    const isStatic = shape.every((piece) => typeof piece === 'string')
    const key = isStatic ? shape.join('/') : shapeKey(shape)
    const leaves = isStatic ? this.statics : this.leaves
    const leaf = leaves.get(key) ?? []
    if (leaf.length === 0) leaves.set(key, leaf)
    leaf.push({ ...candidate, rank: this.rank })
    this.rank += 1
  }
}

/** The rules of a map, compiled. */
export class RuleTree {
  readonly domains: ReadonlyMap<string, DomainTree>
  /** Domains with variables, in the order to try them. */
  readonly patterns: readonly { part: DynamicPart; tree: DomainTree }[]

  constructor(rules: Iterable<Rule>) {
    const root = newState()
    for (const rule of rules) {
      const [domain, ...more] = rule.domainParts
      // A domain has no slashes, so one that asks for them is never met.
      if (more.length > 0 || (domain!.kind === 'dynamic' && domain!.final)) continue
      rule.parts.reduce(grow, grow(root, domain!)).rules.push(rule)
    }
    let rank = 0
    const compile = (state: State, domain: DynamicPart | null) => {
      const tree = new DomainTree(state, rank, domain)
      rank = tree.nextRank
      return tree
    }
    this.domains = new Map([...root.statics].map(([domain, state]) => [domain, compile(state, null)]))
    this.patterns = inOrder(root).map(({ part, state }) => ({ part, tree: compile(state, part) }))
  }
}
