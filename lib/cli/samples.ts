// Finds a value that a converter accepts, by trying, for `tipfy check` to build URLs with.
import type { BaseConverter } from '../routing/index.ts'

/** Texts that the usual converters accept, unlikely ones first so that no static rule matches them by chance. */
function* candidates(converter: BaseConverter): Iterable<string> {
  const { positional, named } = converter.arguments
  for (const argument of [...positional, ...Object.values(named)]) yield String(argument)
  yield* ['tipfy-check', 'tipfycheck', '7f6b1c1e-3b0a-4c55-9d3b-1f0a5c1d2e3f', '2024-01-31', '1.5', 'a/b', 'en']
  for (let length = 1; length <= 64; length++) yield 'x'.repeat(length)
  for (let number = 999; number >= -1; number--) yield String(number)
  for (let digits = 4; digits <= 20; digits++) yield '7'.repeat(digits)
  for (let digits = 2; digits <= 20; digits++) yield '7'.padStart(digits, '0')
}

/** Returns a value that survives the way to a URL and back; undefined if none is found. */
export function sampleFor(converter: BaseConverter): { value: unknown } | undefined {
  const pattern = new RegExp(`^(?:${converter.regex})$`, 'u')
  for (const text of candidates(converter)) {
    if (!pattern.test(text)) continue
    try {
      const value = converter.toValue(text)
      converter.toUrl(value)
      return { value }
    } catch {
      // Not this one.
    }
  }
  return undefined
}
