// The fields by which Cloud Logging groups the lines of a request: the project, and the trace that the front end gave the request.
import type { IncomingHttpHeaders } from 'node:http'
import { isGoogleCloud } from '../internal/environment.ts'

/** Returns the project: `known`, the environment's, or (on Cloud Run) the metadata server's; null if this is not Google Cloud. */
export async function googleProject(
  known: string | null,
  env: NodeJS.ProcessEnv = process.env,
  ask: typeof fetch = fetch,
): Promise<string | null> {
  if (!isGoogleCloud(env)) return null
  const given = known ?? env.GOOGLE_CLOUD_PROJECT
  if (given) return given
  try {
    const response = await ask('http://metadata.google.internal/computeMetadata/v1/project/project-id', {
      headers: { 'Metadata-Flavor': 'Google' },
      signal: AbortSignal.timeout(1000),
    })
    return response.ok ? await response.text() : ''
  } catch {
    // Without a project the lines still reach Cloud Logging, without their trace.
    return ''
  }
}

/** Returns the trace of a request in Cloud Logging's fields; none without a project or a trace. */
export function traceFields(headers: IncomingHttpHeaders, project: string): Record<string, string | boolean> {
  if (project === '') return {}
  const [, trace, span, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(header(headers, 'traceparent')) ?? []
  if (trace !== undefined) return fields(project, trace, span!, (Number.parseInt(flags!, 16) & 1) === 1)
  const google = /^([0-9a-f]{32})(?:\/(\d{1,20}))?(?:;o=(\d))?/.exec(header(headers, 'x-cloud-trace-context'))
  if (google === null) return {}
  const id = google[2] === undefined ? '' : BigInt(google[2]).toString(16).padStart(16, '0')
  return fields(project, google[1]!, id, google[3] === '1')
}

function header(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

function fields(project: string, trace: string, span: string, sampled: boolean): Record<string, string | boolean> {
  const found = { 'logging.googleapis.com/trace': `projects/${project}/traces/${trace}` }
  const spanned = span === '' ? found : { ...found, 'logging.googleapis.com/spanId': span }
  return { ...spanned, 'logging.googleapis.com/trace_sampled': sampled }
}
