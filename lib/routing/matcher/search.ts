// Searches the rules for one path: visits the leaves of its shape and keeps the best candidate.
import type { Visitor } from './path-index.ts'
import type { Candidate, DomainTree, Leaf, RuleTree } from './rule-tree.ts'

export class Search implements Visitor<Leaf> {
  best: Candidate | null = null
  /** Candidates without the method; without a method, every candidate. */
  readonly others: Candidate[] = []
  readonly domain: string
  readonly path: string
  readonly method: string | null
  #segments: string[] | null = null

  /** `path` is decoded. Without a method there is no best candidate, and all are listed. */
  constructor(domain: string, path: string, method: string | null) {
    this.domain = domain
    this.path = path
    this.method = method
  }

  run({ domains, patterns }: RuleTree): this {
    const fixed = domains.get(this.domain)
    if (fixed !== undefined) this.#searchIn(fixed)
    for (const { part, tree } of patterns) {
      if (this.best !== null) break
      if (part.test(this.domain)) this.#searchIn(tree)
    }
    return this
  }

  #searchIn({ statics, shapes }: DomainTree): void {
    const leaf = statics.get(this.path)
    if (leaf !== undefined) this.visit(leaf)
    if (!this.#isCertain() && this.path !== '') shapes.visit(this.path, this)
  }

  /** Werkzeug tries paths without variables first, except those with an extra slash. */
  #isCertain(): boolean {
    return this.best !== null && this.best.how !== 'extraSlash'
  }

  visit(leaf: Leaf): void {
    for (const candidate of leaf) {
      if (this.best !== null && this.best.rank < candidate.rank) return
      if (!this.#fits(candidate)) continue
      const { methods } = candidate.rule
      if (this.method !== null && (methods === null || methods.has(this.method))) this.best = candidate
      else if (candidate.how !== 'lacksSlash' || this.method === null) this.others.push(candidate)
    }
  }

  #fits({ dynamics, slash }: Candidate): boolean {
    for (const { part, at } of dynamics) {
      const text = part.final ? this.#rest(at) : this.#segment(at)
      if (!part.suffixed) {
        if (!part.test(text)) return false
      } else {
        if (text.endsWith('/') !== slash || text.endsWith('//')) return false
        if (!part.test(slash ? text.slice(0, -1) : text)) return false
      }
    }
    return true
  }

  /** The text of one of a candidate's parts. */
  text({ part, at }: Candidate['dynamics'][number], { slash }: Candidate): string {
    const text = part.final ? this.#rest(at) : this.#segment(at)
    return part.suffixed && slash ? text.slice(0, -1) : text
  }

  #segment(at: number): string {
    if (at === -1) return this.domain
    this.#segments ??= splitPath(this.path)
    return this.#segments[at]!
  }

  #rest(at: number): string {
    this.#segments ??= splitPath(this.path)
    return this.#segments.slice(at).join('/')
  }
}

/** As `path.split('/')`, which took a sixth of a match. */
function splitPath(path: string): string[] {
  const segments: string[] = []
  let from = 0
  for (let at = 0; at < path.length; at++) {
    if (path.charCodeAt(at) !== 47) continue
    segments.push(path.slice(from, at))
    from = at + 1
  }
  segments.push(path.slice(from))
  return segments
}

/** The methods of rules that come before `winner`; of all, without one. */
export function methodsOf(candidates: readonly Candidate[], winner: Candidate | null): string[] {
  const methods = new Set<string>()
  for (const { rank, rule } of candidates) {
    if (winner === null || rank < winner.rank) for (const method of rule.methods ?? []) methods.add(method)
  }
  return [...methods].sort()
}
