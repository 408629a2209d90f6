// Draws the steps of a request as bars on one time scale.
import { type Html, html } from '../../http/html.ts'
import { headline } from '../../internal/describe-error.ts'
import type { Step } from '../../internal/tracing.ts'
import type { Recording } from './recorder.ts'

const kinds: Record<Step['kind'], string> = {
  hook: 'hooks',
  handler: 'handler',
  session: 'session',
  datastore: 'Datastore',
  cache: 'cache',
}

/** The time it ended; now, if it still runs. */
export const endOf = (recording: Recording): number => recording.end ?? performance.now()

export function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)
}

function rectangle(recording: Recording, step: Step): Html {
  const whole = Math.max(endOf(recording) - recording.start, 0.001)
  const from = Math.min(Math.max((step.start - recording.start) / whole, 0), 1)
  const part = Math.min(((step.end ?? endOf(recording)) - step.start) / whole, 1 - from)
  const [x, width] = [from, Math.max(part, 0.004)].map((share) => `${(share * 100).toFixed(2)}%`)
  return html`<rect class="${step.kind}" x="${x}" width="${width}" y="15%" height="70%"/>`
}

/** Draws all steps in one bar, inner ones on top of those that contain them. */
export function smallBar(recording: Recording): Html {
  return html`<svg class="bar" aria-hidden="true"><rect class="track" width="100%" height="100%"/>${recording.steps.map((step) => rectangle(recording, step))}</svg>`
}

export function legend(): Html {
  return html`<ul class="legend">${Object.entries(kinds).map(([kind, name]) => html`<li><span class="key ${kind}"></span>${name}</li>`)}</ul>`
}

export function waterfall(recording: Recording): Html {
  const rows = recording.steps.map((step) => {
    const time = step.end === null ? 'goes on' : milliseconds(step.end - step.start)
    const failed = step.error === undefined ? '' : html`<br><span class="bad">${headline(step.error)}</span>`
    return html`<tr><td><span class="key ${step.kind}"></span>${kinds[step.kind]}</td><td><code>${step.name}</code>${failed}</td>
<td class="n">${milliseconds(step.start - recording.start)}</td><td class="n">${time}</td>
<td class="bar"><svg class="bar" aria-hidden="true"><rect class="track" width="100%" height="100%"/>${rectangle(recording, step)}</svg></td></tr>`
  })
  return html`<div class="wide" role="region" aria-label="Steps" tabindex="0"><table><caption>From the first byte in, ${milliseconds(endOf(recording) - recording.start)} ms in all.</caption>
<thead><tr><th>What</th><th>Step</th><th class="n">After ms</th><th class="n">Took ms</th><th>When</th></tr></thead>
<tbody>${rows}</tbody></table></div>
${recording.leftOut > 0 ? html`<p class="soft">${recording.leftOut} more steps are not shown.</p>` : ''}`
}
