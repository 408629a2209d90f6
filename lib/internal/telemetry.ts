// OpenTelemetry, for users who have an SDK: a span for each step of a request, and the counters of the session store as
// metrics. Without an SDK nothing is loaded and nothing listens.
import type { Meter, ObservableResult, Span, Tracer } from '@opentelemetry/api'
import { describeError } from './describe-error.ts'
import { type Step, stepEnds, steps } from './tracing.ts'

// The key under which the API keeps what an SDK has registered, the same in every copy of the API.
const registered = Symbol.for('opentelemetry.js.api.1')

/** Returns the numbers that become metrics. */
export type Numbers = () => Record<string, number>

let spanning = false

/**
 * Starts to report to OpenTelemetry if an SDK has been registered, which must happen before the application (`node --import`).
 * Returns a function that ends it for these numbers.
 */
export async function startTelemetry(numbers: Numbers): Promise<() => void> {
  if ((globalThis as Record<symbol, unknown>)[registered] === undefined) return () => {}
  const { metrics, SpanStatusCode, trace } = await import('@opentelemetry/api')
  if (!spanning) {
    spanning = true // once per process: every listener gets all steps
    makeSpans(trace.getTracer('tipfy'), SpanStatusCode.ERROR)
  }
  return observe(metrics.getMeter('tipfy'), numbers)
}

function makeSpans(tracer: Tracer, failed: number): void {
  const spans = new WeakMap<Step, Span>()
  steps.subscribe((message) => {
    const step = message as Step
    const startTime = performance.timeOrigin + step.start
    // Runs in the context of the step's request: the span of the server that handles it becomes the parent.
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
      span.setStatus({ code: failed, message: describeError(step.error).message })
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
