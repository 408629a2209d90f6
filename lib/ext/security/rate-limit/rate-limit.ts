// Limits of requests in time: the hook that counts requests by the policies of config.ts, and `limit()` for the application's code.
import { current, app as currentApp, request as currentRequest, hasRequest, runOutside } from '../../../app/globals.ts'
import { ownHooks } from '../../../app/own-hooks.ts'
import type { App } from '../../../app/types.ts'
import { ServiceUnavailable, TooManyRequests } from '../../../http/exceptions.ts'
import type { Request } from '../../../http/request/request.ts'
import type { Response } from '../../../http/response/response.ts'
import { TipfyError } from '../../../internal/errors.ts'
import { didYouMean } from '../../../internal/suggest.ts'
import { addressKey } from './address.ts'
import { policiesOf, policiesWithKey, type RateLimitPolicy } from './config.ts'
import type { Limiter, Quota, Verdict } from './limiter.ts'
import { openLimiter } from './open.ts'

type Policy = Required<Pick<RateLimitPolicy, 'headers'>> & RateLimitPolicy & Quota

interface Limits {
  readonly limiter: Limiter
  readonly policies: ReadonlyMap<string, Policy>
}

const limits = new WeakMap<App, Promise<Limits>>()

function limitsOf(app: App): Promise<Limits> {
  let opening = limits.get(app)
  if (opening === undefined) {
    const { rateLimit } = app.getConfig('tipfy/ext/security')
    opening = runOutside(() => openLimiter(app, rateLimit)).then((limiter) => {
      app.hooks.add('preSendResponse', rateLimitHeaders)
      return { limiter, policies: policiesOf(rateLimit) }
    })
    limits.set(app, opening)
    opening.catch(() => limits.delete(app)) // the next call tries again
  }
  return opening
}

declare module '../../../http/request/request.ts' {
  interface RequestNotes {
    /** The verdicts on the request by policy, for the headers of its response. */
    verdicts?: Map<string, [policy: Policy, verdict: Verdict]>
  }
}

type KeyOf = (request: Request) => string | null

/** A posInitApp hook: limits requests by the policies of `'tipfy/ext/security': { rateLimit }` that have a `by`. */
export async function rateLimit(app: App): Promise<void> {
  const used = policiesWithKey(app.getConfig('tipfy/ext/security').rateLimit)
  const { limiter } = await limitsOf(app)
  const userKey = used.some(([, { by }]) => by === 'user') ? await loadUserKey() : byAddress
  const guards = used.map(([name, policy]) => {
    const { by, endpoints } = policy
    const methods = policy.methods?.map((method) => method.toUpperCase())
    if (methods?.includes('GET')) methods.push('HEAD') // it runs the same method of the handler
    const keyOf: KeyOf = typeof by === 'function' ? by : by === 'user' ? userKey : byAddress
    return (request: Request): void | Promise<void> => {
      if (methods === undefined ? request.method === 'OPTIONS' : !methods.includes(request.method)) return
      if (endpoints !== undefined && !endpoints.includes(request.rule?.endpoint ?? '')) return
      const key = keyOf(request)
      if (key === null) return
      const verdict = limiter.hit(name, keyFor(name, key ?? ''), policy)
      return verdict instanceof Promise
        ? verdict.then((made) => judge(request, name, policy, made))
        : judge(request, name, policy, verdict)
    }
  })
  // First of all: what is too much must not cost the reading of a form.
  const rateLimit = (request: Request) => runAll(guards, request)
  app.hooks.add('preDispatchHandler', rateLimit, 0)
}

ownHooks('posInitApp', { rateLimit })

function runAll(
  guards: readonly ((request: Request) => void | Promise<void>)[],
  request: Request,
  from = 0,
): void | Promise<void> {
  for (let at = from; at < guards.length; at++) {
    const waiting = guards[at]!(request)
    if (waiting !== undefined) return waiting.then(() => runAll(guards, request, at + 1))
  }
}

/** The key of clients on a Unix socket. */
const noAddress = 'no address'

const byAddress: KeyOf = ({ remoteAddr }) => addressKey(remoteAddr) || noAddress

async function loadUserKey(): Promise<KeyOf> {
  const { hasSession, sessionStore } = await import('../../session/index.ts')
  return (request) => {
    const user = hasSession() ? sessionStore.user : null
    return user === null ? byAddress(request) : `user ${user}`
  }
}

/** Notes a verdict for the headers of the response, of several by one policy the strictest; throws unless it has passed. */
function judge(request: Request, name: string, policy: Policy, verdict: Verdict): void {
  request.notes ??= {}
  request.notes.verdicts ??= new Map()
  const { verdicts } = request.notes
  const known = verdicts.get(name)?.[1]
  if (policy.headers && !(known !== undefined && known.remaining < verdict.remaining))
    verdicts.set(name, [policy, verdict])
  assertPassed(verdict)
}

function assertPassed({ state, reset }: Verdict): void {
  if (state === 'limited') throw new TooManyRequests(undefined, { retryAfter: reset })
  if (state === 'unknown') throw new ServiceUnavailable(undefined, { retryAfter: reset })
}

/** https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ */
function rateLimitHeaders(request: Request, response: Response): void {
  const { verdicts } = request.notes ?? {}
  if (verdicts === undefined) return
  const list = [...verdicts].filter(([, [, { state }]]) => state !== 'unknown')
  if (list.length === 0) return
  response.headers.set(
    'RateLimit-Policy',
    list.map(([name, [{ limit, window }]]) => `"${name}";q=${limit};w=${Math.ceil(window)}`).join(', '),
  )
  response.headers.set(
    'RateLimit',
    list.map(([name, [, { remaining, reset }]]) => `"${name}";r=${remaining};t=${reset}`).join(', '),
  )
}

async function policyOf(name: string): Promise<{ limiter: Limiter; policy: Policy }> {
  const { limiter, policies } = await limitsOf(current(currentApp))
  const policy = policies.get(name)
  if (policy === undefined)
    throw new TipfyError('TIPFY_E_RATE_LIMIT_POLICY', { name, meant: didYouMean(String(name), policies.keys()) })
  return { limiter, policy }
}

/** @throws {TipfyError} TIPFY_E_RATE_LIMIT_KEY: others would share the key 'undefined' */
function keyFor(name: string, key: string | undefined): string {
  if (key === undefined) return addressKey(currentRequest.remoteAddr) || noAddress
  if (typeof key !== 'string' || key === '')
    throw new TipfyError('TIPFY_E_RATE_LIMIT_KEY', { name, given: JSON.stringify(key) ?? typeof key })
  return key
}

/**
 * Counts one use of a policy by `key`; default: the address of the request, of IPv6 the /64.
 *
 * @throws {TooManyRequests} 429 beyond the policy's limit
 * @throws {ServiceUnavailable} 503 while the store cannot be used, for policies with `storeDown: 'closed'`
 * @example
 * await limit('login', 'ann')
 */
export async function limit(name: string, key?: string): Promise<void> {
  const { limiter, policy } = await policyOf(name)
  const verdict = await limiter.hit(name, keyFor(name, key), policy)
  if (hasRequest()) judge(current(currentRequest), name, policy, verdict)
  else assertPassed(verdict)
}

/**
 * Forgets the uses of a policy by `key`, as after a login that succeeded.
 *
 * @example
 * await resetLimit('login', 'ann')
 */
export async function resetLimit(name: string, key?: string): Promise<void> {
  const { limiter } = await policyOf(name)
  await limiter.reset(name, keyFor(name, key))
  if (hasRequest()) current(currentRequest).notes?.verdicts?.delete(name)
}
