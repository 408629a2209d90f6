// The public types of 'tipfy/ext/security', written by `npm run api-report`.

export interface CorsConfig {
  origins: '*' | readonly string[] | ((origin: string) => boolean);
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

export type SecurityConfig = typeof defaultConfig;

export function checkConfig(values: Partial<SecurityConfig>): void;

export const configTypes: Readonly<Record<string, import("../../internal/settings.ts").Check>>;

export function cors(app: App): void;

export function cspNonce(): string;

export const defaultConfig: import("../../internal/settings.ts").SectionOf<{
    cors: import("../../internal/settings.ts").Setting<Partial<CorsConfig>>;
    headers: import("../../internal/settings.ts").Setting<Partial<HeadersConfig>>;
}>;

export function headers(app: App): void;
