// Explains a query: the indexes that it would use at Google, and the cost of running it here.
import type { ExplainMetrics, RunQueryRequest, Struct } from '../protocol/messages.ts'
import type { Plan } from './plan.ts'
import type { Progress } from './results.ts'

/** Runs a query, or only plans it, depending on the request's explain options. @param run Returns its batch and the number of results. */
export function explain<Batch>(
  { explainOptions }: Pick<RunQueryRequest, 'explainOptions'>,
  plan: Plan,
  run: (progress?: Progress) => { batch: Batch; count: number },
): { batch?: Batch; explainMetrics?: ExplainMetrics; transaction?: Uint8Array } {
  if (!explainOptions) return { batch: run().batch }
  const planSummary = { indexesUsed: [indexUsed(plan)] }
  if (!explainOptions.analyze) return { explainMetrics: { planSummary } }
  const progress: Progress = { entries: 0, documents: 0 }
  const begun = process.hrtime.bigint()
  const { batch, count } = run(progress)
  const nanos = Number(process.hrtime.bigint() - begun)
  const [entries, documents] = [String(progress.entries), String(progress.documents)]
  const executionStats = {
    resultsReturned: String(count),
    executionDuration: { seconds: String(Math.floor(nanos / 1e9)), nanos: nanos % 1e9 },
    readOperations: String(count),
    debugStats: struct({
      documents_scanned: documents,
      index_entries_scanned: entries,
      billing_details: struct({
        min_query_cost: '0',
        small_ops: '0',
        index_entries_billable: progress.documents === 0 ? entries : '0',
        documents_billable: documents,
      }),
    }),
  }
  return { batch, explainMetrics: { planSummary, executionStats } }
}

function indexUsed(plan: Plan): Struct {
  const first = plan.alternatives[0]!
  const equalities = [...first.equal.keys()].map((property) => `${property} ASC`)
  const orders = plan.orders.map(({ property, down }) => `${property} ${down ? 'DESC' : 'ASC'}`)
  const columns = [...new Set([...equalities, ...orders])]
  const withAncestor = first.ancestor !== undefined && columns.length > 0
  const vector = plan.nearest && `${plan.nearest.property} VECTOR<${plan.nearest.vector.length}>`
  return struct({
    query_scope: withAncestor ? 'Includes ancestors' : 'Collection group',
    properties: `(${[...columns, `__name__ ${plan.keyDown ? 'DESC' : 'ASC'}`, vector].filter(Boolean).join(', ')})`,
  })
}

function struct(values: Record<string, string | Struct>): Struct {
  const fields = Object.entries(values).map(([name, value]): [string, Struct['fields'][string]] => [
    name,
    typeof value === 'string'
      ? { kind: 'stringValue', stringValue: value }
      : { kind: 'structValue', structValue: value },
  ])
  return { fields: Object.fromEntries(fields) }
}
