// The key `rateLimit` of the section 'tipfy/ext/security': policies, and the store of their counts.
import { httpMethods } from '../../../app/handler.ts'
import type { Request } from '../../../http/request/request.ts'
import { TipfyError } from '../../../internal/errors.ts'
import {
  type Checks,
  checksOf,
  defaultsOf,
  isDictionary,
  limit,
  type SectionOf,
  setting,
} from '../../../internal/settings.ts'
import type { DatastoreClient } from '../../session/config/config.ts'
import { checkPart, isTexts } from '../check-part.ts'

/** A limit: how many requests, or calls of `limit()`, a key may make in a window of time. */
export interface RateLimitPolicy {
  /** The number of requests. */
  limit: number
  /** Seconds, from the first request of a key. */
  window: number
  /**
   * Whose requests are counted together, for the hook: those of an address, those of a user (of an address for visitors), or those
   * with the key that a function returns; null is not limited. Without it, the policy is for `limit()` alone.
   */
  by?: 'address' | 'user' | ((request: Request) => string | null)
  /** The endpoints that the hook limits; default: every request, also where there is no page. */
  endpoints?: readonly string[]
  /** The methods that the hook limits, GET with HEAD; default: all but OPTIONS. */
  methods?: readonly string[]
  /** While the store cannot be used: 'open', each process counts alone; 'closed', every request is a 503. */
  storeDown?: 'open' | 'closed'
  /** False: responses do not tell what is left, since the key is a name that others use. Default: true. */
  headers?: boolean
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0

const table = {
  /** Policies by name. `login` and `loginAddress` are there, and may be changed. */
  policies: setting<Readonly<Record<string, RateLimitPolicy>>>(
    {
      login: { limit: 10, window: 900, storeDown: 'closed', headers: false },
      loginAddress: { limit: 100, window: 900, storeDown: 'closed' },
    },
    (value) => isDictionary(value) || 'policies by name, like { api: { limit: 100, window: 60, by: "address" } }',
  ),
  /**
   * 'memory': in this process, and for all workers in the primary one. 'datastore': in that of the sessions. 'cache': in that of the
   * sessions. Or a Datastore client of your own.
   */
  store: setting<'memory' | 'datastore' | 'cache' | DatastoreClient>(
    'memory',
    (value) =>
      ['memory', 'datastore', 'cache'].includes(value as string) ||
      typeof (value as DatastoreClient | null)?.transaction === 'function' ||
      "'memory', 'datastore', 'cache' or a Datastore client",
  ),
  /** The Datastore kind of the counts. */
  kind: setting(
    'RateLimit',
    (value) =>
      (typeof value === 'string' && /^(?!__.*__$)./su.test(value)) ||
      'the name of a Datastore kind: not empty, not __like this__',
  ),
  /** Milliseconds to wait for the store. */
  timeout: limit(500),
  /** The number of keys that one process counts. Beyond that, those used longest ago are forgotten. */
  maxKeys: setting(100_000, (value) => isCount(value) || 'a whole number above 0'),
}

/** Limits of requests in time. */
export interface RateLimitConfig extends SectionOf<typeof table> {}

export const defaultRateLimit: RateLimitConfig = defaultsOf(table)

const policyChecks: Checks = {
  limit: (value) => isCount(value) || 'a whole number above 0',
  window: (value) =>
    (typeof value === 'number' && Number.isFinite(value) && value > 0) || 'a number of seconds above 0',
  by: (value) =>
    ['address', 'user'].includes(value as string) || typeof value === 'function' || "'address', 'user' or a function",
  endpoints: (value) => (isTexts(value) && value.length > 0) || 'a list of endpoints',
  methods: (value) =>
    (isTexts(value) && value.length > 0 && value.every((method) => httpMethods.includes(method.toUpperCase()))) ||
    `a list of ${httpMethods.join(', ')}`,
  storeDown: (value) => ['open', 'closed'].includes(value as string) || "'open' or 'closed'",
  headers: (value) => typeof value === 'boolean' || 'true or false',
}

/** Checked also where a policy leaves them out. */
const required: object = { limit: undefined, window: undefined }

/** Stops the start for values that would limit something else than was meant, or nothing. */
export function checkRateLimit(given: Partial<RateLimitConfig>): void {
  checkPart('rateLimit', given, checksOf(table))
  for (const [name, policy] of Object.entries(given.policies ?? {})) {
    const isName = /^[a-z][\w-]*$/i.test(name)
    checkPart(
      'rateLimit.policies',
      { [name]: policy },
      {
        [name]: (value) =>
          isName
            ? isDictionary(value) || 'an object like { limit: 100, window: 60 }'
            : 'named by letters, digits, - and _',
      },
    )
    checkPart(
      `rateLimit.policies.${name}`,
      { ...required, ...defaultRateLimit.policies[name], ...policy },
      policyChecks,
    )
  }
}

/** A policy with its defaults. */
type Policy = Required<Pick<RateLimitPolicy, 'storeDown' | 'headers'>> & RateLimitPolicy

/** The policies with the defaults filled in. */
export function policiesOf({ policies }: Partial<RateLimitConfig>): ReadonlyMap<string, Policy> {
  const merged = { ...defaultRateLimit.policies }
  for (const [name, policy] of Object.entries(policies ?? {})) merged[name] = { ...merged[name], ...policy }
  return new Map(
    Object.entries(merged).map(([name, policy]) => [name, { storeDown: 'open', headers: true, ...policy }]),
  )
}

/** The policies that the hook uses. @throws {TipfyError} TIPFY_E_CONFIG_VALUE if there are none */
export function policiesWithKey(config: Partial<RateLimitConfig>): [name: string, policy: Policy][] {
  const used = [...policiesOf(config)].filter(([, { by }]) => by !== undefined)
  if (used.length > 0) return used
  const wanted =
    'policies with `by`, without which the hook limits nothing: { api: { limit: 100, window: 60, by: "address" } }'
  const key = 'tipfy/ext/security.rateLimit.policies'
  throw new TipfyError('TIPFY_E_CONFIG_VALUE', { key, wanted, given: 'without them' })
}

const storeNeeds = {
  cache: "the key `cache` of 'tipfy/ext/session'",
  datastore: "the hook 'tipfy/ext/session:setDatastoreSession' before this one, or a Datastore client",
}

/** The error for a store that is not set up. */
export function noStore(store: keyof typeof storeNeeds): TipfyError {
  return new TipfyError('TIPFY_E_RATE_LIMIT_STORE', { given: `'${store}'`, wanted: storeNeeds[store] })
}
