// Runs the scripts of the cache without a server: makes a JavaScript function of the part of Lua that they are written in. What
// it does not know is an error, never a guess; tests/ext/session/simulation/valkey.test.ts compares it with a real server.

type Value = string | number | boolean | null | { err: string } | ((...args: Value[]) => Value)

/** The values that a script may call and see. */
export interface LuaWorld {
  call(...words: string[]): string | number | false
  keys: readonly string[]
  args: readonly string[]
}

export type LuaScript = (world: LuaWorld) => Value

const token = /\s*(?:--[^\n]*\n\s*)*('(?:[^'\\]|\\.)*'|\d+|[A-Za-z_]\w*|\.\.|==|~=|[()[\],.#=<>+-])/gy
const words = new Set(['and', 'or', 'not', 'if', 'then', 'elseif', 'else', 'end', 'local', 'function', 'return'])

export function compileLua(text: string): LuaScript {
  const body = text.replace(/^#!lua[^\n]*\n/, '')
  const tokens: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < body.trimEnd().length) {
    const match = token.exec(body)
    if (match === null) throw new Error(`Lua: cannot read ${body.slice(token.lastIndex, token.lastIndex + 20)}`)
    tokens.push(match[1]!)
  }
  const source = new Parser(tokens).program()
  const made = new Function('lib', 'KEYS', 'ARGV', `'use strict'\n${source}`)
  return ({ call, keys, args }) => made({ ...library, call }, keys, args) ?? null
}

const truthy = (value: Value | undefined) => value !== false && value !== null && value !== undefined

const patterns = new Map<string, RegExp>()

/** The functions of Redis and Lua that scripts may use. */
const library = {
  truthy,
  and: (left: Value, right: () => Value) => (truthy(left) ? right() : left),
  or: (left: Value, right: () => Value) => (truthy(left) ? left : right()),
  error_reply: (err: string) => ({ err }),
  sub: (text: string, from: number, to?: number) => text.slice(from - 1, to),
  find(text: string, what: string, from: number, isPlain: boolean) {
    if (!isPlain) throw new Error('Lua: only plain string.find')
    const at = text.indexOf(what, from - 1)
    return at === -1 ? null : at + 1
  },
  match(text: string, pattern: string) {
    const known = patterns.get(pattern) ?? new RegExp(pattern.replaceAll('%x', '[0-9a-f]'))
    patterns.set(pattern, known)
    return known.exec(text)?.[1] ?? null
  },
}

const functions: Record<string, string> = {
  'redis.call': 'lib.call',
  'redis.error_reply': 'lib.error_reply',
  'string.sub': 'lib.sub',
  'string.find': 'lib.find',
  'string.match': 'lib.match',
}

class Parser {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  program(): string {
    const source = this.#block()
    if (this.#at < this.#tokens.length) throw new Error(`Lua: unexpected ${this.#tokens[this.#at]}`)
    return source
  }

  #next(): string {
    const next = this.#tokens[this.#at++]
    if (next === undefined) throw new Error('Lua: it ends too soon')
    return next
  }

  #take(what: string): boolean {
    if (this.#tokens[this.#at] !== what) return false
    this.#at++
    return true
  }

  #expect(what: string): void {
    const found = this.#next()
    if (found !== what) throw new Error(`Lua: ${found} instead of ${what}`)
  }

  #block(): string {
    let source = ''
    for (;;) {
      const next = this.#tokens[this.#at]
      if (next === undefined || next === 'end' || next === 'else' || next === 'elseif') return source
      source += this.#statement()
    }
  }

  #statement(): string {
    if (this.#take('return')) return `return ${this.#expression()};\n`
    if (this.#take('if')) return this.#if()
    if (!this.#take('local')) return `${this.#expression()};\n`
    if (this.#take('function')) {
      const name = this.#name()
      this.#expect('(')
      const parameters = this.#take(')') ? [] : this.#list(() => this.#name())
      const body = this.#block()
      this.#expect('end')
      return `const ${name} = (${parameters.join()}) => {\n${body}};\n`
    }
    const name = this.#name()
    this.#expect('=')
    return `const ${name} = ${this.#expression()};\n`
  }

  #if(): string {
    const condition = this.#expression()
    this.#expect('then')
    let source = `if (lib.truthy(${condition})) {\n${this.#block()}}`
    if (this.#take('elseif')) return `${source} else ${this.#if()}`
    if (this.#take('else')) source += ` else {\n${this.#block()}}`
    this.#expect('end')
    return `${source}\n`
  }

  #name(): string {
    const name = this.#next()
    if (!/^[A-Za-z_]\w*$/.test(name) || words.has(name)) throw new Error(`Lua: ${name} is no name`)
    return `$${name}`
  }

  /** Items up to a closing parenthesis. */
  #list(item: () => string): string[] {
    const items = [item()]
    while (this.#take(',')) items.push(item())
    this.#expect(')')
    return items
  }

  #expression(): string {
    let left = this.#and()
    while (this.#take('or')) left = `lib.or(${left}, () => ${this.#and()})`
    return left
  }

  #and(): string {
    let left = this.#comparison()
    while (this.#take('and')) left = `lib.and(${left}, () => ${this.#comparison()})`
    return left
  }

  #comparison(): string {
    const left = this.#concatenation()
    if (this.#take('==')) return `(${left} === ${this.#concatenation()})`
    if (this.#take('~=')) return `(${left} !== ${this.#concatenation()})`
    return left
  }

  #concatenation(): string {
    const parts = [this.#sum()]
    while (this.#take('..')) parts.push(this.#sum())
    return parts.length === 1 ? parts[0]! : `\`${parts.map((part) => `\${${part}}`).join('')}\``
  }

  #sum(): string {
    let left = this.#unary()
    while (this.#take('+')) left = `(${left} + ${this.#unary()})`
    return left
  }

  #unary(): string {
    if (this.#take('not')) return `!lib.truthy(${this.#unary()})`
    if (this.#take('#')) return `${this.#unary()}.length`
    return this.#primary()
  }

  #primary(): string {
    if (this.#take('(')) {
      const inner = this.#expression()
      this.#expect(')')
      return `(${inner})`
    }
    const next = this.#next()
    if (/^['\d]/.test(next)) return next
    if (next === 'true' || next === 'false') return next
    if (next === 'nil') return 'null'
    if (next === 'KEYS' || next === 'ARGV') {
      this.#expect('[')
      const index = Number(this.#next())
      this.#expect(']')
      return `(${next}[${index - 1}] ?? null)`
    }
    this.#at--
    let name = this.#name()
    if (this.#take('.')) {
      const full = `${name.slice(1)}.${this.#next()}`
      if (functions[full] === undefined) throw new Error(`Lua: there is no ${full}`)
      name = functions[full]
    }
    if (!this.#take('(')) return name
    const args = this.#take(')') ? [] : this.#list(() => this.#expression())
    return `${name}(${args.join(', ')})`
  }
}
