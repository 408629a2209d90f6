import type { RuleArgs } from 'tipfy'
export class Lazy {
  get({ x }: RuleArgs<'lazy'>): number {
    return x
  }
}
