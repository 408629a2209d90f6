// Runs a vector search. Exact, as with a flat index: every result of the plan is measured.
import type { Batch } from '../protocol/messages.ts'
import type { View } from '../storage/view.ts'
import { distanceOf, type Nearest } from './nearest.ts'
import type { Plan } from './plan.ts'
import { entityResult, type Progress, resultsOf, resultType, rowOf } from './results.ts'
import type { ResultRow } from './rows.ts'

/** Results to measure before the farthest are dropped. */
const maxKept = 1000

interface Neighbor {
  row: ResultRow
  distance: number
}

/** Returns those results of a plan that are nearest to a vector, nearest first; equally near ones in the plan's order. */
export function neighborsOf(view: View, plan: Plan, nearest: Nearest, progress?: Progress): Neighbor[] {
  const sign = nearest.measure === 'DOT_PRODUCT' ? -1 : 1
  let kept: Neighbor[] = []
  const dropFarthest = () => {
    kept = kept.sort((a, b) => sign * (a.distance - b.distance)).slice(0, nearest.limit)
  }
  for (const row of resultsOf(view, plan, progress)) {
    if (progress) progress.documents++
    const distance = distanceOf(nearest, rowOf(view, plan, row).d)
    if (distance === undefined) continue
    kept.push({ row: { ...row, properties: undefined }, distance })
    if (kept.length > maxKept) dropFarthest()
  }
  dropFarthest()
  return kept
}

/** Returns the batch of a vector search, which no cursor continues, and a text that identifies its results. */
export function runNearest(
  view: View,
  plan: Plan,
  nearest: Nearest,
  progress?: Progress,
): { batch: Batch; trace(): string } {
  const { resultProperty } = nearest
  const found = neighborsOf(view, plan, nearest, progress).map(({ row, distance }) => {
    const { result, version } = entityResult(view, plan, row)
    const properties = result.entity.properties!
    if (resultProperty !== undefined) properties[resultProperty] = { valueType: 'doubleValue', doubleValue: distance }
    return { result, id: `${version} ${distance} ${Buffer.from(row.k).toString('latin1')}` }
  })
  const batch: Batch = {
    skippedResults: 0,
    entityResultType: resultType(plan),
    entityResults: found.map(({ result }) => result),
    endCursor: Buffer.alloc(0),
    moreResults: 'NO_MORE_RESULTS',
    snapshotVersion: String(view.version ?? view.store.version()),
    readTime: view.readTime,
  }
  return { batch, trace: () => found.map(({ id }) => id).join('\n') }
}
