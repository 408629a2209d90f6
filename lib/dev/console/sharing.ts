// Several processes, one console: a worker sends each request that it has served to the primary, which passes it on to the
// others. So every process shows the same, also after a restart by `tipfy dev`.
import cluster from 'node:cluster'
import { headline } from '../../internal/describe-error.ts'
import { maxRecordings, type Recorder, type Recording } from './recorder.ts'
import { inspectSafely } from './show.ts'

type SharingMessage =
  | { tipfy: 'recorded'; recordings: Recording[] }
  /** A new worker asks for the recordings made before it started. */
  | { tipfy: 'recall' }

/** Messages under way from a worker; recordings beyond that are not shared. */
const maxUnderWay = 100

/** Keeps, in the primary, the last recordings of all workers, and passes them on. */
export function keepRecordings(): void {
  const kept: Recording[] = []
  cluster.on('message', (from, message: SharingMessage) => {
    if (message.tipfy === 'recall') from.send({ tipfy: 'recorded', recordings: kept }, () => {})
    if (message.tipfy !== 'recorded') return
    kept.push(...message.recordings)
    kept.splice(0, Math.max(0, kept.length - maxRecordings))
    for (const worker of Object.values(cluster.workers ?? {}))
      if (worker !== from && worker?.isConnected()) worker.send(message, () => {})
  })
}

/** Sends, in a worker, its recordings to the primary, and adds those of others. Does nothing elsewhere. */
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
  let underWay = 0
  recorder.watch((recording) => {
    if (recording.end === null || foreign.has(recording) || underWay >= maxUnderWay) return
    underWay++
    send({ tipfy: 'recorded', recordings: [plain(recording)] }, () => underWay--)
  })
}

const isPlain = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)

/** Returns a copy that JSON can carry. */
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
