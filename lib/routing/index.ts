// Placeholder until the rules land: a map that matches nothing.
import { HTTPException, NotFound } from '../http/exceptions.ts'
import type { Request } from '../http/request.ts'

export type RuleHandler = string | (new () => object) | (() => Promise<unknown>)
export interface Rule {
  readonly path: string
  readonly endpoint: string
  readonly handler: unknown
  readonly methods: ReadonlySet<string> | null
  readonly session: boolean
}
export type UrlMapOptions = object
export class RequestRedirect extends HTTPException {}
export class UrlMap {
  matchRequest(_request: Request): { rule: Rule; args: Readonly<Record<string, unknown>> } {
    throw new NotFound()
  }
  rulesFor(_request: Request): Rule[] {
    return []
  }
}
