// The public types of 'tipfy/ext/session', written by `npm run api-report`.

export interface Conflict {
  path: string;
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export interface DeviceBound extends SectionOf<typeof table> {

}

export class DeviceCounters {
  offered: number;
  registered: number;
  registrationsRefused: number;
  refreshed: number;
  challenged: number;
  stopped: number;
  bounced: number;
  skipped: number;
  refused: number;
}

export interface DeviceRefused {
  readonly user: string | null;
  readonly session: string | undefined;
  readonly request: {
      readonly remoteAddr: string;
      readonly path: string;
      readonly headers: {
          get(name: string): string | null;
      };
  };
}

export interface Flash {
  message: unknown;
  level: string;
}

export type MergedData = Partial<SessionData> & Record<string, unknown>;

export type SecureCookieOptions = Partial<Omit<SessionCookie, 'prefix'>>;

export class Session {
  readonly [behind]: Dictionary;
  constructor(dictionary: Dictionary);
  get<Key extends string>(key: Key): ValueOf<Key> | undefined;
  get<Key extends keyof SessionData>(key: Key, fallback: SessionData[Key]): SessionData[Key];
  get<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback;
  set<Key extends string>(key: Key, value: ValueOf<Key>): this;
  has(key: string): boolean;
  setDefault<Key extends string, Value extends ValueOf<Key>>(key: Key, value: Value): Key extends keyof SessionData ? SessionData[Key] : unknown;
  pop<Key extends string>(key: Key): ValueOf<Key> | undefined;
  pop<Key extends keyof SessionData>(key: Key, fallback: SessionData[Key]): SessionData[Key];
  pop<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback;
  delete(key: string): boolean;
  assign(values: Partial<SessionData> & Record<string, unknown>): this;
  clear(): void;
  keys(): IterableIterator<string>;
  values(): IterableIterator<unknown>;
  entries(): IterableIterator<[string, unknown]>;
  get size(): number;
}

export interface SessionConfig extends SectionOf<typeof table> {

}

export interface SessionCookie extends SectionOf<typeof attributes> {

}

export type SessionCounters = Counters & {
    servers: readonly CacheServerState[];
    device: DeviceCounters | null;
};

export interface SessionData {

}

export interface SessionDeviceInfo {
  readonly state: DeviceState;
  readonly since: number | null;
  readonly provenAgo: number | null;
}

export interface SessionOptions extends Partial<SessionCookie> {
  backend?: Backend;
  expiration?: number;
}

export class SessionStore {
  get current(): SessionOf<SessionData>;
  get backend(): Backend;
  get isNew(): boolean;
  get modified(): boolean;
  get user(): string | null;
  set user(user: string | null);
  get expiration(): number | null;
  set expiration(seconds: number | null);
  regenerate(name?: string): void;
  get loginAgo(): number | null;
  get device(): SessionDeviceInfo | null;
  proveDevice(within?: number): void;
  touch(): void;
  destroy(name?: string): Promise<void>;
  update(fn: (data: Partial<SessionData>) => unknown): Promise<boolean>;
  getSession(name?: string, options?: SessionOptions): Promise<SessionOf<SessionData>>;
  listFor(user: string): Promise<UserSession[]>;
  revoke(user: string, id: string): Promise<boolean>;
  destroyAllFor(user: string, options?: {
      exceptCurrent?: boolean;
  }): Promise<number>;
  flash(message: unknown, level?: string, key?: string): void;
  getFlashes(key?: string): Promise<Flash[]>;
  csrfToken(): string;
  checkCsrf(): Promise<void>;
  setCookie(name: string, value: string, options?: CookieOptions): void;
  deleteCookie(name: string, options?: DeleteCookieOptions): void;
  setSecureCookie(name: string, value: unknown, options?: SecureCookieOptions): void;
  getSecureCookie(name: string, options?: {
      maxAge?: number;
  }): unknown;
}

export class SessionTooLarge extends TipfyError<'TIPFY_E_SESSION_TOO_LARGE'> {
  name: string;
}

export interface UserSession extends SessionSummary {
  current: boolean;
}

export type ValueOf<Key extends string> = Key extends keyof SessionData ? SessionData[Key] : unknown;

export function checkConfig(values: Partial<SessionConfig>, app: {
    dev: boolean;
}): void;

export function checkCsrf(request: CheckedRequest, app: SessionApp): void | Promise<void>;

export const configTypes: Checks;

export const defaultConfig: SessionConfig;

export function hasSession(): boolean;

export const session: SessionOf<SessionData>;

export function sessionCounters(app: SessionApp): SessionCounters | null;

export const sessionStore: SessionStore;

export function setDatastoreSession(app: SessionApp): Promise<void>;

export function setSecureCookieSession(app: SessionApp): void | Promise<void>;
