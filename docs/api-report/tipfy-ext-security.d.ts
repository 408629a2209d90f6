// The public types of 'tipfy/ext/security', written by `npm run api-report`.

export interface CorsConfig extends SectionOf<typeof cors> {

}

export interface HeadersConfig extends SectionOf<typeof headers> {

}

export interface RateLimitConfig extends SectionOf<typeof table> {

}

export interface RateLimitPolicy {
  limit: number;
  window: number;
  by?: 'address' | 'user' | ((request: Request) => string | null);
  endpoints?: readonly string[];
  methods?: readonly string[];
  storeDown?: 'open' | 'closed';
  headers?: boolean;
}

export type SecurityConfig = typeof defaultConfig;

export function addressKey(address: string): string;

export function checkConfig(values: Partial<SecurityConfig>): void;

export const configTypes: Readonly<Record<string, import("../../internal/settings.ts").Check>>;

export function cors(app: App): void;

export function cspNonce(): string;

export const defaultConfig: SectionOf<{
    cors: import("../../internal/settings.ts").Setting<Partial<CorsConfig>>;
    headers: import("../../internal/settings.ts").Setting<Partial<HeadersConfig>>;
    rateLimit: import("../../internal/settings.ts").Setting<Partial<RateLimitConfig>>;
}>;

export function headers(app: App): void;

export function limit(name: string, key?: string): Promise<void>;

export function rateLimit(app: App): Promise<void>;

export function resetLimit(name: string, key?: string): Promise<void>;
