// Reads the declaration files that tsc emits: the exports of a module, with their doc comments. The files are as regular as
// the output of a formatter, so lines and their indentation are enough to go by.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Declaration {
  name: string
  /** Like `class` or `function`. */
  kind: string
  /** The doc comment, without its stars. */
  doc: string
  /** The statement; of a class or an interface only its head. */
  code: string
  members: Member[]
  isExported: boolean
  /** True if it can be used only as a type. */
  isType: boolean
  /** The declaration file it is in. */
  file: string
}

export interface Member {
  name: string
  doc: string
  code: string
}

interface Statement {
  doc: string
  lines: string[]
}

/** The statements of a file, or the members of a block, that begin at an indentation. */
function statementsOf(lines: readonly string[], indent: string): Statement[] {
  const found: Statement[] = []
  let doc = ''
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    if (line.startsWith(`${indent}/**`)) {
      const from = at
      while (!lines[at]!.includes('*/')) at++
      doc = textOf(lines.slice(from, at + 1))
      continue
    }
    if (!line.startsWith(indent) || /^[\s}]/.test(line.slice(indent.length)) || line.trim() === '') continue
    const from = at
    // A statement goes on until its brackets are closed.
    while (depthOf(lines.slice(from, at + 1)) > 0) at++
    found.push({ doc, lines: lines.slice(from, at + 1) })
    doc = ''
  }
  return found
}

function depthOf(lines: readonly string[]): number {
  const code = lines
    .filter((line) => !/^\s*(?:\/\*\*|\*)/.test(line))
    .join('\n')
    .replace(/'(?:\\.|[^'\\\n])*'|`[^`]*`|=>/g, '')
  return (code.match(/[{([]/g)?.length ?? 0) - (code.match(/[})\]]/g)?.length ?? 0)
}

function textOf(comment: readonly string[]): string {
  return comment
    .join('\n')
    .replace(/^\s*\/\*\*\s?|\s*\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .trim()
}

const head =
  /^export (?:declare )?(?:abstract )?(class|function|const|interface|type)\s+([\w$]+)|^(?:declare )?(class|function|const|interface|type)\s+([\w$]+)/

/** A file's own declarations. Overloads of a function are one. */
function declarationsOf(file: string): Map<string, Declaration> {
  const found = new Map<string, Declaration>()
  const lines = readFileSync(file, 'utf8').split('\n')
  for (const { doc, lines: code } of statementsOf(lines, '')) {
    const [, kind = '', name = '', ownKind = kind, ownName = name] = code[0]!.match(head) ?? []
    if (ownName === '') continue
    const known = found.get(ownName)
    if (known !== undefined && ownKind === 'function') known.code += `\n${code.join('\n')}`
    // A class and an interface of one name are one declaration: the class, with the members of both.
    const block = ownKind === 'class' || ownKind === 'interface'
    const members = block ? membersOf(code.slice(1)) : []
    if (known !== undefined && known.kind !== 'function') known.members.push(...members)
    if (known !== undefined && /^(?:const|class)$/.test(ownKind)) known.isType = false // a type and a value of one name
    if (known !== undefined && !(ownKind === 'class' && known.kind === 'interface')) continue
    const heading = block ? code[0]!.replace(/\s*\{\s*\}?$/, '') : code.join('\n')
    // The interface of a class matters where it extends others.
    const text = known?.code.includes(' extends ') ? `${known.code} {}\n${heading}` : heading
    found.set(ownName, {
      name: ownName,
      kind: ownKind,
      doc,
      code: text,
      members: known?.members ?? members,
      isExported: kind !== '',
      isType: /^(?:interface|type)$/.test(ownKind),
      file,
    })
  }
  return found
}

function membersOf(lines: readonly string[]): Member[] {
  const members: Member[] = []
  for (const { doc, lines: code } of statementsOf(lines, '    ')) {
    const text = code.map((line) => line.slice(4)).join('\n')
    if (/^(?:private|protected|#|\[|declare )/.test(text) || text.includes('#private')) continue
    const name = text.match(/^(?:(?:static|readonly|abstract|override|get|set|async) )*([\w$]+)/)?.[1]
    if (name === undefined) continue
    const last = members.at(-1)
    // A getter with its setter, and overloads, are one member.
    if (last?.name === name) last.code += `\n${text}`
    else members.push({ name, doc, code: text })
  }
  return members
}

const cache = new Map<string, Map<string, Declaration>>()

function ownOf(file: string): Map<string, Declaration> {
  const own = cache.get(file) ?? declarationsOf(file)
  cache.set(file, own)
  return own
}

const targetOf = (file: string, from: string) => join(dirname(file), from.replace(/\.[tj]s$/, '.d.ts'))

/** The exports of a module, in the order of its statements. */
export function exportsOf(file: string): Declaration[] {
  const own = ownOf(file)
  const text = readFileSync(file, 'utf8')
  const found: Declaration[] = []
  for (const [statement, names, from] of text.matchAll(/^export (?:type )?(?:\{([^}]*)\}|\*)(?: from '([^']+)')?/gm)) {
    if (statement === 'export {') continue
    const typeOnly = statement.startsWith('export type')
    const target = from === undefined ? file : targetOf(file, from)
    if (names === undefined) {
      found.push(...exportsOf(target).map((one) => (typeOnly ? { ...one, isType: true } : one)))
      continue
    }
    const there = from === undefined ? [...own.values()] : allOf(target)
    for (const part of names.split(',').map((one) => one.trim())) {
      const [name = '', , as = name] = part.replace(/^type /, '').split(/\s+/)
      const declaration = there.find((candidate) => candidate.name === name)
      if (declaration === undefined) continue
      const isType = declaration.isType || typeOnly || part.startsWith('type ')
      found.push({ ...declaration, name: as, isType })
    }
  }
  return [...found, ...[...own.values()].filter(({ isExported }) => isExported)]
}

/** A file's declarations, exported or not, and those it re-exports. */
function allOf(file: string): Declaration[] {
  const passed = exportsOf(file)
  return [...ownOf(file).values(), ...passed]
}

/** The declaration that a name means in a file: one of its own, or one it imports from another file of the package. */
function find(file: string, name: string): Declaration | undefined {
  const own = ownOf(file).get(name)
  if (own !== undefined) return own
  const imports = readFileSync(file, 'utf8').matchAll(/^import (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)
  for (const [, names = '', from = ''] of imports) {
    for (const part of names.split(',')) {
      const [imported = '', , as = imported] = part
        .trim()
        .replace(/^type /, '')
        .split(/\s+/)
      if (as === name) return allOf(targetOf(file, from)).find((one) => one.name === imported)
    }
  }
  return undefined
}

/** The types that declarations mention without being among them. */
export function mentionedBy(declarations: readonly Declaration[]): Declaration[] {
  // By their code, because an export may have another name than its declaration.
  const known = new Set(declarations.map(({ file, code }) => `${file} ${code}`))
  const mentioned = new Map<string, Declaration>()
  for (const { file, code, members } of declarations) {
    const text = [code, ...members.map((member) => member.code)].join('\n').replace(/\/\*[\s\S]*?\*\/|'[^'\n]*'/g, '')
    for (const [name] of text.matchAll(/(?<=\btypeof )[\w$]+|(?<![\w$.])[A-Z][\w$]*/g)) {
      const found = find(file, name)
      const key = `${found?.file} ${found?.code}`
      if (found !== undefined && !known.has(key)) mentioned.set(key, found)
    }
  }
  return [...mentioned.values()]
}
