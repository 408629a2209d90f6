// Datastore's errors: the status codes of gRPC, and the one error class that carries them to either front.

/** The gRPC status codes that Datastore uses. */
export const Code = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
} as const

export type Code = (typeof Code)[keyof typeof Code]

const names = new Map<Code, string>(Object.entries(Code).map(([name, code]) => [code, name]))

/** A failed call. Its message has the form that @grpc/grpc-js gives to a client: `6 ALREADY_EXISTS: details`. */
export class StatusError extends Error {
  override name = 'StatusError'
  readonly code: Code
  readonly codeName: string
  readonly details: string

  constructor(code: Code, details: string, options?: ErrorOptions) {
    const codeName = names.get(code)!
    super(`${code} ${codeName}: ${details}`, options)
    this.code = code
    this.codeName = codeName
    this.details = details
  }
}

/** SQLite errors that do not pass by themselves: a damaged file, a full disk, a file that is no database. */
const lasting: Partial<Record<number, Code>> = { 11: Code.DATA_LOSS, 13: Code.RESOURCE_EXHAUSTED, 26: Code.DATA_LOSS }

/** Converts an unexpected error, from a closed engine or the disk, to a status. */
export function asStatus(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  const { code, errcode, message } = error as { code?: string; errcode?: number; message: string }
  // Errors of SQLite itself, and of statements on a closed database: another try may succeed.
  const passing = code === 'ERR_SQLITE_ERROR' || code === 'ERR_INVALID_STATE'
  const status = lasting[(errcode ?? 0) & 0xff] ?? (passing ? Code.UNAVAILABLE : Code.INTERNAL)
  return new StatusError(status, message, { cause: error })
}

/** Returns the error for an invalid request (status 3). */
export function invalid(details: string): StatusError {
  return new StatusError(Code.INVALID_ARGUMENT, details)
}
