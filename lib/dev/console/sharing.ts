// Several processes, one console: a worker tells the primary of each request that it has served, and the primary tells the
// others. So the console shows the same in every process, and a restart by `tipfy dev` forgets nothing.
import cluster from 'node:cluster'
import { headline } from '../../internal/describe-error.ts'
import { mostRecordings, type Recorder, type Recording } from './recorder.ts'
import { inspectSafely } from './show.ts'

type SharingMessage =
  | { tipfy: 'recorded'; recordings: Recording[] }
  /** A new worker asks for what was recorded before it. */
  | { tipfy: 'recall' }

/** Messages on their way from a worker; what comes while there are more is not shared. */
const mostOnTheWay = 100

/** In the primary: keeps the last recordings of all workers, and passes them on. */
export function keepRecordings(): void {
  const kept: Recording[] = []
  cluster.on('message', (from, message: SharingMessage) => {
    if (message.tipfy === 'recall') from.send({ tipfy: 'recorded', recordings: kept }, () => {})
    if (message.tipfy !== 'recorded') return
    kept.push(...message.recordings)
    kept.splice(0, Math.max(0, kept.length - mostRecordings))
    for (const worker of Object.values(cluster.workers ?? {}))
      if (worker !== from && worker?.isConnected()) worker.send(message, () => {})
  })
}

/** In a worker: tells what it records, and hears of the others. Elsewhere nothing. */
export function shareRecordings(recorder: Recorder): void {
  if (!cluster.isWorker) return
  const foreign = new WeakSet<Recording>()
  process.on('message', (message: SharingMessage) => {
    if (message.tipfy !== 'recorded') return
    for (const recording of message.recordings) {
      foreign.add(recording)
      recorder.add(recording)
    }
  })
  const send = (message: SharingMessage, done: () => void) => process.send!(message, undefined, undefined, done)
  send({ tipfy: 'recall' }, () => {})
  let onTheWay = 0
  recorder.watch((recording) => {
    if (recording.end === null || foreign.has(recording) || onTheWay >= mostOnTheWay) return
    onTheWay++
    send({ tipfy: 'recorded', recordings: [plain(recording)] }, () => onTheWay--)
  })
}

const isPlain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)

/** The same as JSON can carry it. */
function plain(recording: Recording): Recording {
  const { rule, args, steps } = recording
  const shown = Object.entries(args).map(([name, value]) => [name, isPlain(value) ? value : inspectSafely(value)])
  return {
    ...recording,
    rule: rule && { endpoint: rule.endpoint, path: rule.path },
    args: Object.fromEntries(shown),
    steps: steps.map((step) => ({ ...step, error: step.error === undefined ? undefined : headline(step.error) })),
  }
}
