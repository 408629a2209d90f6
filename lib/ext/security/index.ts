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
export { addressKey } from './rate-limit/address.ts'
export type { RateLimitConfig, RateLimitPolicy } from './rate-limit/config.ts'
export { limit, rateLimit, resetLimit } from './rate-limit/rate-limit.ts'
