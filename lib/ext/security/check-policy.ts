// Checks a Content-Security-Policy for names that browsers would ignore: https://www.w3.org/TR/CSP3/
import { TipfyError } from '../../internal/errors.ts'
import { another, nearTo } from '../../internal/suggest.ts'

const directives =
  'childSrc connectSrc defaultSrc fencedFrameSrc fontSrc frameSrc imgSrc manifestSrc mediaSrc objectSrc prefetchSrc scriptSrc scriptSrcAttr scriptSrcElem styleSrc styleSrcAttr styleSrcElem workerSrc baseUri formAction frameAncestors sandbox reportTo reportUri requireTrustedTypesFor trustedTypes upgradeInsecureRequests webrtc'.split(
    ' ',
  )

/** Sources that are written in quotes. Without them they would be names of hosts. */
const keywords =
  'self none nonce unsafe-inline unsafe-eval unsafe-hashes strict-dynamic report-sample wasm-unsafe-eval trusted-types-eval inline-speculation-rules'.split(
    ' ',
  )
/** Words in quotes that are of Trusted Types alone. */
const trustedTypes = ['script', 'allow-duplicates']
const noncesAndHashes = /^(?:nonce|sha(?:256|384|512))-./i

/** @throws {TipfyError} TIPFY_E_CONFIG_VALUE, naming the directive */
export function checkPolicy(policy: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, sources] of Object.entries(policy)) {
    if (!directives.includes(name)) throw fault(name, another('directive', name, directives), sources)
    for (const source of sources) {
      const wanted = wantedFor(source)
      if (wanted !== undefined) throw fault(name, wanted, source)
    }
  }
}

/** Returns what a source should be; undefined if it may be as it is. */
function wantedFor(source: string): string | undefined {
  const word = source.replaceAll(/['"]/g, '')
  if (keywords.includes(word.toLowerCase()) || noncesAndHashes.test(word)) {
    return source === `'${word}'` ? undefined : `written with quotes of its own: "'${word}'"`
  }
  if (!/^['"]/.test(source) || trustedTypes.some((one) => source === `'${one}'`)) return undefined
  const near = nearTo(word, [...keywords, ...trustedTypes])
  return near === undefined ? 'a source; one in quotes is a keyword' : `a source: the nearest in quotes is "'${near}'"`
}

function fault(directive: string, wanted: string, given: unknown): TipfyError {
  const key = `tipfy/ext/security.headers.contentSecurityPolicy.${directive}`
  return new TipfyError('TIPFY_E_CONFIG_VALUE', { key, wanted, given: JSON.stringify(given) })
}
