// OpenTelemetry, for users who have an SDK: a span for each step of a request's work, and what the session store counts as
// metrics. Without one nothing is loaded and nobody listens.
import type { Meter, ObservableResult, Span, Tracer } from '@opentelemetry/api'
import { tell } from './describe-error.ts'
import { type Step, stepEnds, steps } from './tracing.ts'

// Where the API keeps what an SDK has registered, whichever copy of the API that SDK brought.
const registered = Symbol.for('opentelemetry.js.api.1')

/** What of the store's numbers become metrics. */
export type Numbers = () => Record<string, number>

let spanning = false

/**
 * Begins to tell OpenTelemetry, if an SDK has been registered, which has to come before the application (`node --import`).
 * Returns a function that ends it for these numbers.
 */
export async function startTelemetry(numbers: Numbers): Promise<() => void> {
  if ((globalThis as Record<symbol, unknown>)[registered] === undefined) return () => {}
  const { metrics, SpanStatusCode, trace } = await import('@opentelemetry/api')
  if (!spanning) {
    spanning = true // once a process: steps are told to all listeners
    makeSpans(trace.getTracer('tipfy'), SpanStatusCode.ERROR)
  }
  return observe(metrics.getMeter('tipfy'), numbers)
}

function makeSpans(tracer: Tracer, failed: number): void {
  const spans = new WeakMap<Step, Span>()
  steps.subscribe((message) => {
    const step = message as Step
    const startTime = performance.timeOrigin + step.start
    // In the context of the request that the step is for: the span's parent is that of whoever serves it.
    spans.set(
      step,
      tracer.startSpan(`tipfy ${step.kind} ${step.name}`, { startTime, attributes: { 'tipfy.kind': step.kind } }),
    )
  })
  stepEnds.subscribe((message) => {
    const step = message as Step
    const span = spans.get(step)
    if (span === undefined) return
    if (step.error !== undefined) {
      span.setStatus({ code: failed, message: tell(step.error).message })
    }
    span.end(performance.timeOrigin + step.end!)
  })
}

function observe(meter: Meter, numbers: Numbers): () => void {
  const counter = meter.createObservableCounter('tipfy.sessions', {
    description: "the session store's counters, by name",
  })
  const tell = (result: ObservableResult) => {
    for (const [name, value] of Object.entries(numbers())) result.observe(value, { counter: name })
  }
  counter.addCallback(tell)
  return () => counter.removeCallback(tell)
}
