// The one face of 'tipfy': everything an application imports by that name.
export { type ErrorCode, TipfyError } from './errors.ts'
