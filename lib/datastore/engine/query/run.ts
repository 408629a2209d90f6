// RunQuery: a plan's results, limited by cursors, offset, limit and the size of one response.

import type { Batch, EntityResult } from '../protocol/messages.ts'
import type { View } from '../storage/view.ts'
import { type Bound, cursorWriter, isAfter, type Position } from './cursor.ts'
import { runNearest } from './neighbors.ts'
import type { Plan } from './plan.ts'
import { entityResult, type Progress, resultsOf, resultType } from './results.ts'
import { comparer } from './rows.ts'

/** A response ends when its entities reach this size; the client asks for the rest. */
const maxBatchBytes = 4 * 1024 * 1024

export interface QueryRun {
  batch: Batch
  /** Returns a text that identifies the results: the same text means the same response. */
  trace(): string
}

/** Runs a query on a view. */
export function runQuery(view: View, plan: Plan, progress?: Progress): QueryRun {
  if (plan.nearest) return runNearest(view, plan, plan.nearest, progress)
  const compare = comparer(plan)
  const cursorAfter = cursorWriter(plan.cursors)
  const results: EntityResult[] = []
  const seen: { version: number; k: Uint8Array }[] = []
  let skipped = 0
  let bytes = 0
  let at: Position | Bound | undefined = plan.start
  let skippedTo: Position | undefined
  let more: Batch['moreResults'] = plan.limit === 0 ? 'MORE_RESULTS_AFTER_LIMIT' : 'NO_MORE_RESULTS'
  if (plan.limit > 0 || plan.offset > 0) {
    for (const row of resultsOf(view, plan, progress)) {
      if (plan.end && isAfter(compare(row, plan.end), plan.end)) {
        more = 'MORE_RESULTS_AFTER_CURSOR'
        break
      }
      if (skipped < plan.offset) {
        skipped++
        at = skippedTo = row
        continue
      }
      if (results.length === plan.limit) break
      at = row
      const found = entityResult(view, plan, row)
      found.result.cursor = cursorAfter(row)
      results.push(found.result)
      seen.push({ version: found.version, k: row.k })
      bytes += found.bytes
      if (results.length === plan.limit) {
        more = 'MORE_RESULTS_AFTER_LIMIT'
        break
      }
      if (bytes > maxBatchBytes) {
        more = 'NOT_FINISHED'
        break
      }
    }
  }
  if (progress) progress.documents = plan.keysOnly || plan.projection ? 0 : results.length
  const endCursor = cursorAfter(at)
  const batch: Batch = {
    skippedResults: skipped,
    ...(skippedTo && { skippedCursor: cursorAfter(skippedTo) }),
    entityResultType: resultType(plan),
    entityResults: results,
    endCursor,
    moreResults: more,
    snapshotVersion: String(view.version ?? view.store.version()),
    readTime: view.readTime,
  }
  const describe = ({ version, k }: (typeof seen)[number]): string => `${version} ${Buffer.from(k).toString('latin1')}`
  return { batch, trace: () => [...seen.map(describe), more, endCursor.toString()].join('\n') }
}
