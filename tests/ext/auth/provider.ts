// A provider of OpenID Connect in the process of the tests, where everybody who comes is signed in at once.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jest } from '@jest/globals'
import { Provider } from 'oidc-provider'

export interface Person {
  sub: string
  email?: string
  email_verified?: boolean
  name?: string
}

export interface TestProvider {
  readonly issuer: string
  /** The user who signs in next; null: the provider says no. */
  person: Person | null
  /** True: it says at its userinfo endpoint alone what it knows of the person. */
  hasThinTokens: boolean
  close(): Promise<void>
}

export const clientSecret = 'the secret of the tests, known to both'

/** Starts one for an application whose callback is `redirectUri`. */
export async function startProvider(...redirectUris: string[]): Promise<TestProvider> {
  const server: Server = createServer((incoming, outgoing) => listener(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  // It says that its keys and its store are for tests only.
  for (const level of ['info', 'warn'] as const) jest.spyOn(console, level).mockImplementation(() => {})
  const made: { person: Person | null; hasThinTokens: boolean } = { person: { sub: 'ann-1' }, hasThinTokens: false }
  const client = (client_id: string) => ({
    client_id,
    client_secret: clientSecret,
    redirect_uris: redirectUris,
    token_endpoint_auth_method: 'client_secret_post' as const,
  })
  const provider = new Provider(issuer, {
    clients: [client('shop'), client('google')],
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: (use) => (made.hasThinTokens && use === 'id_token' ? { sub } : { ...made.person, sub }),
    }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ['of the tests'] },
    ttl: { Grant: 600, Interaction: 600, Session: 600, IdToken: 600, AccessToken: 600 },
  })
  const callback = provider.callback()
  const listener = async (incoming: Parameters<typeof callback>[0], outgoing: Parameters<typeof callback>[1]) => {
    if (!incoming.url?.startsWith('/interaction/')) return callback(incoming, outgoing)
    const { prompt, params, grantId } = await provider.interactionDetails(incoming, outgoing)
    if (made.person === null) {
      const result = { error: 'access_denied', error_description: 'The user said no.' }
      return provider.interactionFinished(incoming, outgoing, result)
    }
    const accountId = made.person.sub
    if (prompt.name === 'login') {
      return provider.interactionFinished(incoming, outgoing, { login: { accountId } })
    }
    const grant =
      grantId === undefined
        ? new provider.Grant({ accountId, clientId: params.client_id as string })
        : (await provider.Grant.find(grantId))!
    grant.addOIDCScope('openid email profile')
    return provider.interactionFinished(
      incoming,
      outgoing,
      { consent: { grantId: await grant.save() } },
      { mergeWithLastSubmission: true },
    )
  }
  return Object.assign(made, {
    issuer,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}
