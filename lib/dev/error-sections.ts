// The sections of the error page about a request: itself, its rule, its session. Values that could be secrets are marked.
import { inspect } from 'node:util'
import type { RequestContext } from '../app/types.ts'
import { type Sessions, storeOf } from '../ext/session/session-interface.ts'
import { isSecretName } from '../internal/redact.ts'
import type { Rule } from '../routing/index.ts'

export interface Section {
  title: string
  rows: Row[]
}

export interface Row {
  name: string
  value: string
  /** Hidden until it is clicked. */
  hidden: boolean
}

const row = (name: string, value: unknown, hidden = isSecretName(name)): Row => ({
  name,
  value: typeof value === 'string' ? value : inspect(value, { depth: 6, maxStringLength: 10_000 }),
  hidden,
})

export function requestSections(context: RequestContext): Section[] {
  const { request } = context
  const { method, rawPath, message, remoteAddr } = request
  return [
    {
      title: 'Request',
      rows: [
        row('Method', method),
        row('Path', rawPath),
        row('Client', remoteAddr),
        ...[...request.args].map(([name, value]) => row(`?${name}`, value)),
        ...Object.entries(message.headers).map(([name, value]) => row(name, value)),
      ],
    },
    ruleSection(request.rule as Rule | null, request.ruleArgs),
    ...sessionSection(context),
  ]
}

function ruleSection(rule: Rule | null, args: object): Section {
  if (rule === null) return { title: 'Rule', rows: [row('Path', 'no rule matched')] }
  const { path, endpoint, handler, methods } = rule
  const rows = [row('Path', path), row('Endpoint', endpoint), row('Handler', handler ?? endpoint)]
  if (methods !== null) rows.push(row('Methods', [...methods].join(', ')))
  const variables = Object.entries(args).map(([name, value]) => row(`<${name}>`, value))
  return { title: 'Rule', rows: [...rows, ...variables] }
}

function sessionSection(context: RequestContext): Section[] {
  if (!context.session) return []
  const store = storeOf((context.app.sessionInterface as Sessions).sessionsOf(context))
  try {
    const rows = [...store.current.entries()].map(([name, value]) => row(name, value, true))
    return [{ title: 'Session', rows: rows.length > 0 ? rows : [row('Data', 'it is empty', false)] }]
  } catch (error) {
    return [{ title: 'Session', rows: [row('Not loaded', (error as Error).message, false)] }]
  }
}
