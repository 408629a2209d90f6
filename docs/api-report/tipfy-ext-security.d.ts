// The public types of 'tipfy/ext/security', written by `npm run api-report`.

export interface CorsConfig {
  origins: '*' | readonly string[] | ((origin: string) => boolean | Promise<boolean>);
  headers: '*' | readonly string[];
  exposeHeaders: readonly string[];
  credentials: boolean;
  maxAge: number;
}

export interface HeadersConfig {
  contentSecurityPolicy: Readonly<Record<string, readonly string[]>> | null;
  reportOnly: boolean;
  strictTransportSecurity: number | null;
  frameOptions: 'DENY' | 'SAMEORIGIN' | null;
  referrerPolicy: string | null;
  permissionsPolicy: Readonly<Record<string, readonly string[]>> | null;
  openerPolicy: string | null;
  resourcePolicy: string | null;
}

export interface RateLimitConfig {
  policies: Readonly<Record<string, RateLimitPolicy>>;
  store: 'memory' | 'datastore' | 'cache' | DatastoreClient;
  kind: string;
  timeout: number;
  maxKeys: number;
}

export interface RateLimitPolicy {
  limit: number;
  window: number;
  by?: 'address' | 'user' | ((request: Request) => string | null);
  endpoints?: readonly string[];
  methods?: readonly string[];
  storeDown?: 'open' | 'closed';
}

export type SecurityConfig = typeof defaultConfig;

export function addressKey(address: string): string;

export function checkConfig(values: Partial<SecurityConfig>): void;

export const configTypes: Readonly<Record<string, import("../../internal/settings.ts").Check>>;

export function cors(app: App): void;

export function cspNonce(): string;

export const defaultConfig: import("../../internal/settings.ts").SectionOf<{
    cors: import("../../internal/settings.ts").Setting<Partial<CorsConfig>>;
    headers: import("../../internal/settings.ts").Setting<Partial<HeadersConfig>>;
    rateLimit: import("../../internal/settings.ts").Setting<Partial<RateLimitConfig>>;
}>;

export function headers(app: App): void;

export function limit(name: string, key?: string): Promise<void>;

export function rateLimit(app: App): Promise<void>;

export function resetLimit(name: string, key?: string): Promise<void>;
