// tipfy/ext/security: hooks to name in config.ts, for what browsers and strangers may do with an application.
export {
  type CorsConfig,
  checkConfig,
  configTypes,
  defaultConfig,
  type HeadersConfig,
  type SecurityConfig,
} from './config.ts'
export { cors } from './cors.ts'
export { cspNonce, headers } from './headers.ts'
