// Parses a rule's path: slashes, static text and `<converter(arguments):name>`, in Werkzeug's grammar.
import { TipfyError } from '../internal/errors.ts'

/** A converter's argument, as written in a rule: `2`, `2.5`, `true` or `True`, `null` or `None`, `word`, `'a text'`. */
export type ConverterArgument = string | number | boolean | null

/** The arguments between the parentheses of `<name(1,2,key=3):x>`. */
export interface ConverterArguments {
  positional: readonly ConverterArgument[]
  named: Readonly<Record<string, ConverterArgument>>
  /** The positional ones as they were written, without quotes. */
  texts: readonly string[]
}

/** One piece of a rule's path. */
export type Token =
  | { kind: 'slash' }
  | { kind: 'static'; text: string }
  | { kind: 'variable'; name: string; converter: string; arguments: ConverterArguments }

const namePattern = '[a-zA-Z_][a-zA-Z0-9_]*'
const tokenPattern = new RegExp(`(/)|([^</]+)|<(?:(${namePattern})(?:\\((.*?)\\))?:)?(${namePattern})>`, 'y')
const argumentPattern = /\s*(?:(\w+)\s*=\s*)?(-?\d+\.\d+|-?\d+|[\p{L}\p{N}_.]+|"[^"]*"|'[^']*')\s*,/uy
const constants: Record<string, ConverterArgument> = {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
}

function readArgument(text: string): ConverterArgument {
  if (/^["']/.test(text)) return text.slice(1, -1)
  if (Object.hasOwn(constants, text)) return constants[text]!
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}

function readArguments(source: string, fail: (reason: string) => Error): ConverterArguments {
  const positional: ConverterArgument[] = []
  const texts: string[] = []
  const named: Record<string, ConverterArgument> = Object.create(null)
  const text = `${source},`
  let at = 0
  while (!/^[\s,]*$/.test(text.slice(at))) {
    argumentPattern.lastIndex = at
    const [whole, name, value] = argumentPattern.exec(text) ?? []
    if (whole === undefined || value === undefined) throw fail(`cannot read \`${source.slice(at)}\``)
    if (name !== undefined) named[name] = readArgument(value)
    else {
      positional.push(readArgument(value))
      texts.push(value.replace(/^(["'])(.*)\1$/s, '$2'))
    }
    at += whole.length
  }
  return { positional, named, texts }
}

/** Splits `source`: the path, subdomain or host of the rule that errors name as `rule`. */
export function parseRule(source: string, rule: string): Token[] {
  const tokens: Token[] = []
  const names = new Set<string>()
  tokenPattern.lastIndex = 0
  while (tokenPattern.lastIndex < source.length) {
    const at = tokenPattern.lastIndex
    const match = tokenPattern.exec(source)
    if (match === null) throw new TipfyError('TIPFY_E_RULE_MALFORMED', { rule, at: source.slice(at) })
    const [, slash, text, converter = 'default', args = '', name = ''] = match
    if (slash !== undefined) tokens.push({ kind: 'slash' })
    else if (text !== undefined) tokens.push({ kind: 'static', text })
    else {
      const fail = (reason: string) => new TipfyError('TIPFY_E_RULE_CONVERTER', { rule, converter, reason })
      if (names.has(name)) throw new TipfyError('TIPFY_E_RULE_VARIABLE_TWICE', { rule, name })
      names.add(name)
      tokens.push({ kind: 'variable', name, converter, arguments: readArguments(args, fail) })
    }
  }
  return tokens
}
