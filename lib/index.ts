// The entry point 'tipfy': everything an application imports by that name.
import type { App as AppType } from './app/types.ts'
import { Application } from './app.ts'

/** An application. */
export type App = AppType
/** The class of applications, for `instanceof`; made by `makeApp`. */
export const App: abstract new (...args: never[]) => App = Application

export { defaultConfig } from './app/config.ts'
export type { SessionInterface } from './app/context.ts'
export {
  app,
  bindContext,
  current,
  hasRequest,
  OutsideRequestError,
  RequestFinishedError,
  request,
  response,
  runOutside,
} from './app/globals.ts'
export { type HandlerClass, type HandlerInput, type Middleware, RequestHandler, type Verb } from './app/handler.ts'
export { getConfig, redirect, redirectTo, renderJsonResponse, type UrlForOptions, urlFor } from './app/helpers.ts'
export type { Input } from './app/input.ts'
export { type StaticOptions, staticFiles, staticRule } from './app/static-files.ts'
export type * from './app/types.ts'
export type { CookieOptions, DeleteCookieOptions } from './http/cookies.ts'
export * from './http/exceptions.ts'
export { HeaderList, type HeadersInit, type RequestHeaders } from './http/headers.ts'
export { escape, Html, html } from './http/html.ts'
export { type InputError, type InputPart, InvalidInput, type SentFields } from './http/invalid-input.ts'
export { MultiDict } from './http/multidict.ts'
export { Request } from './http/request/request.ts'
export type { UploadedFile } from './http/request/upload.ts'
export type { InputSchemas } from './http/request/valid.ts'
export type { Body, SendFileOptions, StreamSource } from './http/response/body.ts'
export type { EventOptions, EventSourceFunction, ServerEvent } from './http/response/events.ts'
export { Response, type ResponseOptions } from './http/response/response.ts'
export type { StandardIssue, StandardResult, StandardSchema, StandardSchemaProps } from './http/schema.ts'
export { type ErrorCode, TipfyError } from './internal/errors.ts'
export type { Log } from './internal/log.ts'
export { makeApp } from './make-app.ts'
export * from './routing/index.ts'
export { type RunningServer, type RunOptions, runApp, type ServeOptions, serve } from './server/server.ts'
