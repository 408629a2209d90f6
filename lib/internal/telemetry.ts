// OpenTelemetry, for users who have an SDK: a span for each step of a request, and the counters of the session store as
// metrics. Without an SDK nothing is loaded and nothing listens.
import type { Meter, ObservableResult, Span, SpanKind } from '@opentelemetry/api'
import { describeError } from './describe-error.ts'
import { type Step, stepEnds, steps, surround } from './tracing.ts'

// The key under which the API keeps what an SDK has registered, the same in every copy of the API.
const registered = Symbol.for('opentelemetry.js.api.1')

/** Returns the numbers that become metrics. */
export type Numbers = () => Record<string, number>

/** Returns true if an SDK has been registered, which must happen before the application (`node --import`). */
export function hasTelemetry(): boolean {
  return (globalThis as Record<symbol, unknown>)[registered] !== undefined
}

/** Reports numbers to OpenTelemetry, if there is an SDK. Returns a function that ends it. */
export async function startTelemetry(numbers: Numbers): Promise<() => void> {
  if (!hasTelemetry()) return () => {}
  const [{ metrics }] = await Promise.all([import('@opentelemetry/api'), startSpans()])
  return observe(metrics.getMeter('tipfy'), numbers)
}

let spanning: Promise<void> | undefined

/** Makes spans of steps from now on. Once for each process: every listener gets all steps. */
export function startSpans(): Promise<void> {
  spanning ??= makeSpans()
  return spanning
}

/** The system that a step calls, by the conventions for databases; undefined for other steps. */
function systemOf({ kind, system }: Step): string | undefined {
  return kind === 'datastore' ? 'gcp.datastore' : system
}

function attributesOf(step: Step): Record<string, string> {
  const { kind, name } = step
  const system = systemOf(step)
  if (system === undefined) return { 'tipfy.kind': kind }
  return { 'tipfy.kind': kind, 'db.system.name': system, 'db.operation.name': name.split(' ', 1)[0]! }
}

async function makeSpans(): Promise<void> {
  const { context, SpanKind, SpanStatusCode, trace } = await import('@opentelemetry/api')
  const tracer = trace.getTracer('tipfy')
  const spans = new WeakMap<Step, Span>()
  steps.subscribe((message) => {
    const step = message as Step
    const kind: SpanKind = systemOf(step) === undefined ? SpanKind.INTERNAL : SpanKind.CLIENT
    const startTime = performance.timeOrigin + step.start
    // Runs in the context of the step's request: the span of the request, or of the step around this one, becomes the parent.
    spans.set(
      step,
      tracer.startSpan(`tipfy ${step.kind} ${step.name}`, { kind, startTime, attributes: attributesOf(step) }),
    )
  })
  surround((step, work) => context.with(trace.setSpan(context.active(), spans.get(step)!), work))
  stepEnds.subscribe((message) => {
    const step = message as Step
    const span = spans.get(step)
    if (span === undefined) return
    if (step.error !== undefined) {
      const { message: text, name = 'Error', stack } = describeError(step.error)
      span.setAttribute('error.type', name)
      span.recordException({ message: text, name, stack })
      span.setStatus({ code: SpanStatusCode.ERROR, message: text })
    }
    span.end(performance.timeOrigin + step.end!)
  })
}

function observe(meter: Meter, numbers: Numbers): () => void {
  const counter = meter.createObservableCounter('tipfy.sessions', {
    description: "the session store's counters, by name",
  })
  const report = (result: ObservableResult) => {
    for (const [name, value] of Object.entries(numbers())) result.observe(value, { counter: name })
  }
  counter.addCallback(report)
  return () => counter.removeCallback(report)
}
