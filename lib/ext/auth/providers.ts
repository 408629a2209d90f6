// The providers to sign in with: their settings, and their checks at the start.
import { isDictionary } from '../../internal/settings.ts'
import type { UrlMap } from '../../routing/index.ts'
import { assertKnown, isLocal, rulesAt, wrong } from './wrong.ts'

/** A provider of OpenID Connect. */
export interface ProviderSettings {
  /** Its issuer, the address of its metadata: `https://login.example.com`. Default for `google`: Google's. */
  issuer?: string
  /** The id that it gave to this application. */
  clientId: string
  /** The secret of that id; null for the rare clients that have none. */
  clientSecret: string | null
  /** The full URL, registered with the provider, at which it sends users back. */
  redirectUri: string
  /** Default: 'openid email profile'. */
  scope?: string
  /** More parameters of the request, like `{ prompt: 'select_account' }`. */
  parameters?: Readonly<Record<string, string>>
}

export type Providers = Readonly<Record<string, ProviderSettings>>

const issuers: Readonly<Record<string, string>> = { google: 'https://accounts.google.com' }

export const issuerOf = (name: string, { issuer = issuers[name] }: ProviderSettings): string => issuer!

const keys = ['issuer', 'clientId', 'clientSecret', 'redirectUri', 'scope', 'parameters']
/** Parameters that each sign-in sets anew, or that would undo what protects it. */
const ownParameters =
  /^(?:client_id|client_secret|redirect_uri|response_type|response_mode|scope|state|nonce|code_challenge.*|request.*)$/

/** Throws for a provider that could not work. */
export function checkProviders(providers: unknown, sameSite: unknown): void {
  if (!isDictionary(providers)) throw wrong('providers', 'must be an object of providers by name', example)
  for (const [name, provider] of Object.entries(providers)) {
    const key = `providers.${name}`
    if (!isDictionary(provider)) throw wrong(key, 'must be an object', example)
    checkProvider(name, key, provider as Readonly<Record<string, unknown>>)
    if (sameSite === 'Strict') {
      throw wrong(
        key,
        "does not go together with cookie.sameSite: 'Strict' of tipfy/ext/session: the browser would come back from the provider without its session",
        "Use the default of cookie.sameSite, 'Lax'.",
      )
    }
  }
}

const example =
  "Write { google: { clientId: '…', clientSecret: '…', redirectUri: 'https://shop.example/login/google' } }."

function checkProvider(name: string, key: string, provider: Readonly<Record<string, unknown>>): void {
  assertKnown(`${key}.`, provider, keys)
  const { clientId, clientSecret, issuer = issuers[name], redirectUri, scope = 'openid', parameters = {} } = provider
  if (typeof clientId !== 'string' || clientId.trim() === '') {
    throw wrong(
      `${key}.clientId`,
      'is missing',
      'Register the application with the provider, and write the id that it gives.',
    )
  }
  if (clientSecret !== null && (typeof clientSecret !== 'string' || clientSecret.trim() === '')) {
    throw wrong(
      `${key}.clientSecret`,
      'is missing',
      'Take it from the environment, and see that it is set there; write null for a client without a secret.',
    )
  }
  checkUrl(`${key}.issuer`, issuer, "Write the provider's own, like 'https://login.example.com'.")
  if (/\/\.well-known\//.test(issuer as string)) {
    throw wrong(`${key}.issuer`, 'is the address of the metadata', 'Write what is before /.well-known/ there.')
  }
  checkUrl(
    `${key}.redirectUri`,
    redirectUri,
    "Write the full URL of your callback, like 'https://shop.example/login/google'.",
  )
  // With the code, openid-client sends it as a URL without its query: the provider would compare two texts.
  const { origin, pathname } = new URL(redirectUri as string)
  if (redirectUri !== origin + pathname) {
    throw wrong(
      `${key}.redirectUri`,
      `is ${redirectUri as string}, and not written as it is sent`,
      `Write ${origin}${pathname} here and with the provider, and rules instead of a query.`,
    )
  }
  if (typeof scope !== 'string' || !scope.split(' ').includes('openid')) {
    throw wrong(`${key}.scope`, 'must contain openid', "Write it like 'openid email profile'.")
  }
  checkParameters(`${key}.parameters`, parameters)
}

function checkUrl(key: string, given: unknown, remedy: string): void {
  if (given === undefined || given === '') throw wrong(key, 'is missing', remedy)
  if (typeof given !== 'string' || !URL.canParse(given)) throw wrong(key, 'must be a URL', remedy)
  const { protocol, hostname, hash, username, password } = new URL(given)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLocal(hostname))) {
    throw wrong(key, 'must begin with https:// (http:// only with localhost)', remedy)
  }
  if (hash !== '' || username !== '' || password !== '') {
    throw wrong(key, 'must have no name, password or fragment', remedy)
  }
}

function checkParameters(key: string, parameters: unknown): void {
  if (!isDictionary(parameters)) throw wrong(key, 'must be an object of texts', "Write it like { prompt: 'login' }.")
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== 'string') throw wrong(`${key}.${name}`, 'must be a text', "Write it like { prompt: 'login' }.")
    if (name === 'response_mode' && value === 'query') continue
    if (name === 'response_mode') {
      throw wrong(
        `${key}.${name}`,
        `is ${value}, and only a response in the query brings the session along`,
        'Leave it out: a form that another site posts comes without the cookie of the session.',
      )
    }
    if (ownParameters.test(name)) {
      throw wrong(
        `${key}.${name}`,
        'is set by each sign-in',
        'Leave it out; scope and redirectUri are keys of their own.',
      )
    }
  }
}

/** Throws for a provider whose callback no rule handles. */
export function checkCallbacks(providers: Providers, map: UrlMap): void {
  for (const [name, { redirectUri }] of Object.entries(providers)) {
    const { host, pathname } = new URL(redirectUri)
    // The application may be mounted below a path.
    const paths = [...pathname.matchAll(/\//g)].map(({ index }) => pathname.slice(index))
    const found = paths.flatMap((path) => rulesAt(map, host, path))
    if (found.some(({ methods }) => methods === null || methods.has('GET'))) continue
    throw wrong(
      `providers.${name}.redirectUri`,
      `is ${redirectUri}, and no rule handles GET requests there`,
      `Add a rule for ${pathname} that calls completeSignIn('${name}'), or correct the URL here and with the provider.`,
    )
  }
}
