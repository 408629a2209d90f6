// Types that the public ones mention, written by `npm run api-report`.

export interface AdapterMap extends RuleMap {
  rules(endpoint?: string): readonly Rule[];
  compile(): Compiled;
}

type ArgsOf<One> = One extends Entry<unknown, infer Variables, infer Defaults> ? Flat<Omit<Variables, keyof Defaults> & Widened<Defaults>> : never;

type Arguments<Code extends ErrorCode> = [Names<(typeof table)[Code]['message' | 'remedy']>] extends [never] ? [values?: undefined, options?: ErrorOptions] : [values: ErrorValues<Code>, options?: ErrorOptions];

export type Backend = 'securecookie' | 'datastore';

export const BadGateway_base: typeof HTTPException;

export const BadRequest_base: typeof HTTPException;

export interface BindingMap extends RuleMap {
  readonly converters: Readonly<Record<string, ConverterClass>>;
  readonly parts: Map<string, DynamicPart>;
}

export interface BoundRule {
  readonly domainParts: readonly Part[];
  readonly parts: readonly Part[];
  readonly converters: ReadonlyMap<string, BaseConverter<unknown>>;
  readonly variables: readonly Variable[];
  readonly defaults: readonly (readonly [name: string, value: unknown])[];
  readonly arguments: ReadonlySet<string>;
  readonly trace: string;
  readonly builder: Builder;
}

export type Bytes = Uint8Array | ArrayBuffer;

export interface CacheControl extends Record<keyof typeof flags, boolean>, Record<keyof typeof seconds, number | null> {}
export class CacheControl {
  constructor(headers: HeaderList);
  toString(): string;
  read(): Map<string, string>;
  write(name: string, argument: string | null): void;
}

export interface CacheServerState {
  name: string;
  state: 'closed' | 'open' | 'mending';
}

interface CheckedRequest {
  readonly method: string;
  readonly rule: {
      readonly endpoint: string;
      readonly session?: boolean;
  } | null;
}

export type Checks = Readonly<Record<string, Check>>;

export interface Compiled {
  readonly tree: RuleTree;
  readonly plain: ReadonlyMap<string, Rule>;
  readonly shorter: ReadonlyMap<Rule, readonly Rule[]>;
  readonly hasSubdomains: boolean;
  readonly mergeSlashes: boolean;
  readonly redirectDefaults: boolean;
}

export type Concurrency = (typeof concurrencyModes)[number];

export const Conflict_base: typeof HTTPException;

export class Context<App = unknown, Request = unknown, Response = unknown> {
  readonly id: number;
  app: App;
  request: Request;
  response: Response;
  session: unknown;
  outgoing: Outgoing | undefined;
  ended: {
      method: string;
      target: string;
      at: number;
  } | undefined;
  constructor(id: number, app: App, request: Request, response: Response);
  get isOver(): boolean;
  end(now: number): void;
}

export class Counters implements CacheCounters {
  loads: number;
  saves: number;
  transactions: number;
  commits: number;
  retries: number;
  outdated: number;
  aborted: number;
  recognised: number;
  unavailable: number;
  merges: number;
  conflicts: number;
  dropped: number;
  tombstonesMet: number;
  touches: number;
  touchesFailed: number;
  cacheHits: number;
  cacheMisses: number;
  leasesMet: number;
  fills: number;
  cacheBypassed: number;
  breakerOpened: number;
  cacheUnconfirmed: number;
  cacheBroken: number;
  lookup: Calls;
  read: Calls;
  commit: Calls;
  query: Calls;
  cache: Calls;
}

export interface DatastoreClient {
  key(...args: never[]): unknown;
  transaction(...args: never[]): unknown;
}

export type DeviceState = 'offered' | 'registered' | 'bound';

export interface Dictionary {
  look(): Record<string, unknown>;
  handOut(key: string): unknown;
  read(): Record<string, unknown>;
  write(): Record<string, unknown>;
  readonly dev: boolean;
}

export interface Doubtful {
  rule: Rule;
  message: string;
}

export class DynamicPart {
  readonly prefix: string;
  readonly final: boolean;
  readonly suffixed: boolean;
  readonly weight: Weight;
  readonly whole: boolean;
  readonly capture: Capture;
  readonly test: (text: string) => boolean;
  constructor(pieces: readonly Piece[], weight: Weight, final: boolean, suffixed: boolean);
}

export class ETags {
  readonly any: boolean;
  constructor(header: string | undefined);
  has(etag: string): boolean;
  hasWeak(etag: string): boolean;
  get size(): number;
}

export interface EngineOptions {
  dataFolder?: string;
  memory?: boolean;
  clock?: () => number;
  concurrency?: Concurrency;
  lockWait?: number;
  onTrouble?: (message: string) => void;
}

export class EventStream {
  constructor(make: EventSourceFunction, options: EventOptions);
  open(request: EventRequest): Pieces;
}

export const ExpectationFailed_base: typeof HTTPException;

export const FailedDependency_base: typeof HTTPException;

export type FieldList = MultiDict<unknown> | URLSearchParams;

export class FileBody {
  readonly path: string;
  readonly options: SendFileOptions;
  located: string | null;
  needs: {
      etag: boolean;
      lastModified: boolean;
  } | null;
  constructor(path: string, options: SendFileOptions);
}

export class FilledTemplate<const Rules extends readonly RuleFactory[] = readonly RuleFactory[], const Filled extends TemplateValues = TemplateValues> implements RuleFactory {
  readonly templateRules: Rules;
  readonly filled: Filled;
  constructor(rules: Rules, filled: Filled);
  getRules(map: RuleMap): Iterable<Rule>;
}

type FindPasskey = (id: string) => Passkey | null | undefined | Promise<Passkey | null | undefined>;

export const Forbidden_base: typeof HTTPException;

export const GatewayTimeout_base: typeof HTTPException;

export const Gone_base: typeof HTTPException;

export const HTTPVersionNotSupported_base: typeof HTTPException;

export type HeaderFields = Readonly<Record<string, string | readonly string[]>> | Iterable<readonly [string, string | readonly string[]]>;

type HeaderValue = string | number | Date;

export const ImATeapot_base: typeof HTTPException;

export const InternalServerError_base: typeof HTTPException;

export const LengthRequired_base: typeof HTTPException;

export const Locked_base: typeof HTTPException;

export type LogMethod = (fields: object | string, message?: string) => void;

export interface MatchedRule {
  readonly endpoint: string;
  readonly path: string;
}

export const MethodNotAllowed_base: typeof HTTPException;

export const MisdirectedRequest_base: typeof HTTPException;

export interface Negotiating {
  readonly message: {
      readonly headers: IncomingHttpHeaders;
  };
  readonly isForApi?: boolean;
}

export const NotAcceptable_base: typeof HTTPException;

export const NotFound_base: typeof HTTPException;

export const NotImplemented_base: typeof HTTPException;

export interface OpenReply extends ReplyHead {
  body: IncomingMessage;
}

export type Outcome = Match | Redirection | Mismatch;

export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output'];

type PartialSections = {
    [Module in keyof ConfigSections]?: Some<ConfigSections[Module]>;
};

export type Piece = string | Uint8Array | Html;

export const PreconditionFailed_base: typeof HTTPException;

export const PreconditionRequired_base: typeof HTTPException;

export interface Range {
  unit: string;
  ranges: [first: number | null, last: number | null][];
}

export type RedirectFunction = {
    target(adapter: RuleAdapter, args: Record<string, unknown>): string;
}['target'];

type RegisteredRules = Register extends {
    rules: infer Rules;
} ? Awaited<Rules> : never;

export interface Reply extends ReplyHead {
  bytes: Buffer;
}

export const RequestEntityTooLarge_base: typeof HTTPException;

export const RequestHeaderFieldsTooLarge_base: typeof HTTPException;

export interface RequestSettings extends RequestLimits {
  trust: Trust | null;
  serverName: string | null;
  compress: boolean;
  apiPaths: readonly string[];
  readonly draining: Draining;
}

export const RequestTimeout_base: typeof HTTPException;

export const RequestURITooLarge_base: typeof HTTPException;

export const RequestedRangeNotSatisfiable_base: typeof HTTPException;

export interface RuleAdapter extends Readonly<Required<Binding>> {
  build(endpoint: string, values?: Values | FieldList, options?: BuildOptions): string;
}

export interface RuleMap {
  readonly defaultSubdomain: string;
  readonly strictSlashes: boolean;
  readonly mergeSlashes: boolean;
  readonly redirectDefaults: boolean;
  readonly hostMatching: boolean;
  readonly sortParameters: boolean | SortParameters;
  readonly serverName: string | null;
}

type SameSite = 'Strict' | 'Lax' | 'None';

type Scalar = string | number | boolean;

export type SectionOf<Table> = {
    [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never;
};

export const ServiceUnavailable_base: typeof HTTPException;

export interface SessionApp {
  readonly dev: boolean;
  readonly root: string;
  readonly log: SessionLog;
  getConfig(module: 'tipfy/ext/session'): Readonly<SessionConfig>;
  onClose(fn: () => void | Promise<void>): void;
  readonly hooks: {
      add(event: 'preDispatchHandler', hook: never, position?: number): void;
  };
  sessionInterface: unknown;
}

type SessionFunction<T> = (dictionary: typeof session, store: typeof sessionStore) => T | Promise<T>;

export type SessionOf<Data> = [MethodNames<Data>] extends [never] ? Session & Partial<Data> : {
    'SessionData declares a key that is the name of a method of session': MethodNames<Data>;
};

export interface Settings extends SectionOf<typeof settings> {

}

type Some<Section> = {
    [Key in keyof Section]?: Section[Key] | undefined;
};

export interface StandardJsonSchema {
  readonly input: (options: JsonSchemaOptions) => Record<string, unknown>;
}

type Table = {
    [E in Registered as E['endpoint'] & string]: E;
};

export const TooManyRequests_base: typeof HTTPException;

export const Unauthorized_base: typeof HTTPException;

export const UnavailableForLegalReasons_base: typeof HTTPException;

export const UnprocessableEntity_base: typeof HTTPException;

export const UnsupportedMediaType_base: typeof HTTPException;

type Values<Parts> = IsEither<Parts> extends true ? {
    [Part in Exclude<keyof Parts, 'query'>]?: Checked<Parts[Part]>;
} & {
    [Part in Extract<keyof Parts, 'query'>]: Checked<Parts[Part]>;
} : {
    [Part in keyof Parts]: Checked<Parts[Part]>;
};

type ValuesOf<One> = One extends Entry<unknown, infer Variables, infer Defaults> ? Flat<ToBuild<Omit<Variables, keyof Defaults>> & Partial<Widened<Defaults>>> : never;

type WithQuery<Object> = Object extends unknown ? Object & {
    readonly [extra: string]: Object[keyof Object] extends QueryValue ? QueryValue : unknown;
} : never;

export const attributes: {
    path: import("../../../internal/settings.ts").Setting<string>;
    domain: import("../../../internal/settings.ts").Setting<string | null>;
    secure: import("../../../internal/settings.ts").Setting<"auto" | boolean>;
    httpOnly: import("../../../internal/settings.ts").Setting<boolean>;
    sameSite: import("../../../internal/settings.ts").Setting<"Lax" | "None" | "Strict">;
    partitioned: import("../../../internal/settings.ts").Setting<boolean>;
    prefix: import("../../../internal/settings.ts").Setting<"__Host-" | "__Secure-" | null>;
    maxAge: import("../../../internal/settings.ts").Setting<number | null>;
};

export const cors: {
    origins: import("../../internal/settings.ts").Setting<"*" | readonly string[] | ((origin: string) => boolean | Promise<boolean>)>;
    headers: import("../../internal/settings.ts").Setting<"*" | readonly string[]>;
    exposeHeaders: import("../../internal/settings.ts").Setting<readonly string[]>;
    credentials: import("../../internal/settings.ts").Setting<boolean>;
    maxAge: import("../../internal/settings.ts").Setting<number>;
};

export const headers: {
    contentSecurityPolicy: import("../../internal/settings.ts").Setting<Readonly<Record<string, readonly string[]>> | null>;
    reportOnly: import("../../internal/settings.ts").Setting<boolean>;
    strictTransportSecurity: import("../../internal/settings.ts").Setting<number | null>;
    frameOptions: import("../../internal/settings.ts").Setting<"DENY" | "SAMEORIGIN" | null>;
    referrerPolicy: import("../../internal/settings.ts").Setting<string | null>;
    permissionsPolicy: import("../../internal/settings.ts").Setting<Readonly<Record<string, readonly string[]>> | null>;
    openerPolicy: import("../../internal/settings.ts").Setting<string | null>;
    resourcePolicy: import("../../internal/settings.ts").Setting<string | null>;
};

export const table: {
    lifetime: import("../../../internal/settings.ts").Setting<number>;
    path: import("../../../internal/settings.ts").Setting<string>;
    cookieName: import("../../../internal/settings.ts").Setting<string>;
    initiators: import("../../../internal/settings.ts").Setting<readonly string[]>;
};

export const table: {
    loadUser: import("../../internal/settings.ts").Setting<((id: string) => unknown) | null>;
    loginPath: import("../../internal/settings.ts").Setting<string>;
    freshFor: import("../../internal/settings.ts").Setting<number>;
    rememberFor: import("../../internal/settings.ts").Setting<number>;
    providers: import("../../internal/settings.ts").Setting<Readonly<Record<string, import("./providers.ts").ProviderSettings>>>;
    passkeys: import("../../internal/settings.ts").Setting<PasskeySettings | null>;
    iap: import("../../internal/settings.ts").Setting<IapSettings | null>;
    passwords: import("../../internal/settings.ts").Setting<GivenPasswordSettings>;
};

export const table: {
    policies: import("../../../internal/settings.ts").Setting<Readonly<Record<string, RateLimitPolicy>>>;
    store: import("../../../internal/settings.ts").Setting<"cache" | "datastore" | "memory" | DatastoreClient>;
    kind: import("../../../internal/settings.ts").Setting<string>;
    timeout: import("../../../internal/settings.ts").Setting<number>;
    maxKeys: import("../../../internal/settings.ts").Setting<number>;
};

export const table: {
    readonly TIPFY_E_IMPORT_STRING: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_NAME: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_OURS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_MODULE_NOT_FOUND: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_EXPORT_NOT_FOUND: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_TYPE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_EXTENSION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_FILE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_SUBPATH: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_PACKAGE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_MODULE_TYPE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SYNTAX: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_TYPESCRIPT_SYNTAX: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_TYPESCRIPT_IN_NODE_MODULES: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_CONFIG_KEY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_CONFIG_SECTION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_CONFIG_VALUE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RATE_LIMIT_POLICY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RATE_LIMIT_KEY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RATE_LIMIT_STORE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_CONFIG_SCHEMA: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_URLS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_NOT_A_HANDLER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_MIDDLEWARE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_MIDDLEWARE_PLACE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_METHOD_PLACE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_METHOD_NAME: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INPUT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INPUT_METHOD: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INPUT_PART: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INPUT_SCHEMA: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INPUT_RESULT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HOOK_NAME: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HOOK_EVENT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HOOK_RETURNED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_NOT_A_HOOK: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_ARGUMENT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_TEST_NOT_JSON: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_OPTIONS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_NOT_AN_APP: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_PORT_NUMBER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_PORT_IN_USE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_WORKER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_PORT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HOST: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_PORT_DENIED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_REDIRECT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_REDIRECT_LOCATION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_CONFIG_FILE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_CONFIG_EXPORT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_NODE_VERSION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_TWO_COPIES: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_DATA_FOLDER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_OUTSIDE_REQUEST: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HEADER_NAME: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HEADER_TYPE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HEADER_VALUE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_COOKIE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_STATUS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_ABORT_STATUS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RESPONSE_BODY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_FOREIGN_NAME: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_NO_APP: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_IMPORT_PLACE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_READ_ONLY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RESPONSE_SENT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RESPONSE_CONSUMED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RESPONSE_STREAMS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HTML_VALUE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HTML_URL: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_STATIC_FOLDER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_BODY_TAKEN: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_EVENT_FIELD: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_STREAM_CHUNK: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_STREAM_LENGTH: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_JSON_PROMISE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_JSON_VALUE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_JSON_ELEMENT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_HANDLER_RETURNED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_REQUEST_FINISHED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_VALUE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_DEPTH: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_DATA: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_RESERVED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_CONFIG: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SECRET_KEY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_SENT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_TOO_LARGE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_INSECURE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_HOOK: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_HOOK_CALLED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_HOOKS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_AHEAD: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_EARLY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_FUNCTION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_OFF: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_COOKIE_KIND: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_UPDATE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_CSRF_NOT_AWAITED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_NOT_OPEN: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_COOKIES: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_DATASTORE_PACKAGE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_DATASTORE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_DATASTORE_MODE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_DATASTORE_APP: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_TRANSACT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_EXPIRATION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_USER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_BACKEND: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_MODIFIED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_NAME: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_STORE_UNAVAILABLE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_STORE_REFUSED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_CREDENTIALS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_RECORD_TOO_LARGE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_SLASH: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_MALFORMED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_VARIABLE_TWICE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_CONVERTER_UNKNOWN: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_CONVERTER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_DEFAULT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_OPTION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_VALUE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_AUTH: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_BODY_SIZE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_AUTH_OPTION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_DEVICE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_DEVICE_OPTION: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_METHODS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_ENTRY_POINT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_TEMPLATE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_REDIRECT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_TARGET: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_UNBOUND: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_RULE_BOUND: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_BIND_SUBDOMAIN: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_BUILD: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_DATA_CONCURRENCY: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_DATA_FORMAT: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_LOG_FIELDS: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_LOG_FIELD_TAKEN: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_WATCH: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INIT_FOLDER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INIT_INSTALL: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_INIT_BROKEN_OFF: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_NOT_STORED: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_SESSION_ID: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_AUTH_CONFIG: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_AUTH_PACKAGE: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_AUTH_PROVIDER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_AUTH_NOT_SET: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_PASSWORD_HASH: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_PASSKEY_USER: {
        readonly message: string;
        readonly remedy: string;
    };
    readonly TIPFY_E_PASSWORD_LENGTH: {
        readonly message: string;
        readonly remedy: string;
    };
};

export const table: {
    secretKey: import("../../../internal/settings.ts").Setting<string | readonly string[] | null>;
    expiration: import("../../../internal/settings.ts").Setting<number>;
    absoluteExpiration: import("../../../internal/settings.ts").Setting<number | null>;
    touchAfter: import("../../../internal/settings.ts").Setting<number>;
    cookieName: import("../../../internal/settings.ts").Setting<string>;
    idCookieName: import("../../../internal/settings.ts").Setting<string>;
    cookie: import("../../../internal/settings.ts").Setting<Partial<SessionCookie>>;
    formerCookies: import("../../../internal/settings.ts").Setting<readonly FormerCookie[]>;
    encrypt: import("../../../internal/settings.ts").Setting<boolean>;
    maxCookieSize: import("../../../internal/settings.ts").Setting<number>;
    datastore: import("../../../internal/settings.ts").Setting<"auto" | "cloud" | "embedded" | DatastoreClient>;
    dataFolder: import("../../../internal/settings.ts").Setting<string>;
    kind: import("../../../internal/settings.ts").Setting<string>;
    cache: import("../../../internal/settings.ts").Setting<string | readonly string[] | null>;
    cacheUser: import("../../../internal/settings.ts").Setting<string | null>;
    cachePassword: import("../../../internal/settings.ts").Setting<CachePasswordSetting>;
    cacheCa: import("../../../internal/settings.ts").Setting<string | null>;
    cacheRetiring: import("../../../internal/settings.ts").Setting<string | readonly string[] | RetiringCache | null>;
    memcache: import("../../../internal/settings.ts").Setting<string | readonly string[] | null>;
    memcacheUser: import("../../../internal/settings.ts").Setting<string | null>;
    memcachePassword: import("../../../internal/settings.ts").Setting<string | null>;
    cacheTtl: import("../../../internal/settings.ts").Setting<number>;
    cacheTimeout: import("../../../internal/settings.ts").Setting<number>;
    cacheConnectTimeout: import("../../../internal/settings.ts").Setting<number>;
    storeTimeout: import("../../../internal/settings.ts").Setting<number>;
    onStoreError: import("../../../internal/settings.ts").Setting<"anonymous" | "error">;
    merge: import("../../../internal/settings.ts").Setting<((base: MergedData, mine: MergedData, theirs: MergedData) => object) | null>;
    onConflict: import("../../../internal/settings.ts").Setting<((conflict: Conflict) => void) | null>;
    recordFormat: import("../../../internal/settings.ts").Setting<1 | 2>;
    dataVersion: import("../../../internal/settings.ts").Setting<number | null>;
    migrate: import("../../../internal/settings.ts").Setting<((data: Record<string, unknown>, from: number | null) => unknown) | null>;
    csrf: import("../../../internal/settings.ts").Setting<"cookie" | "session">;
    csrfFetchSite: import("../../../internal/settings.ts").Setting<boolean>;
    csrfCookieName: import("../../../internal/settings.ts").Setting<string>;
    csrfField: import("../../../internal/settings.ts").Setting<string>;
    csrfHeader: import("../../../internal/settings.ts").Setting<string>;
    csrfExempt: import("../../../internal/settings.ts").Setting<readonly string[]>;
    deviceBound: import("../../../internal/settings.ts").Setting<boolean | Partial<DeviceBound>>;
    onDeviceRefused: import("../../../internal/settings.ts").Setting<((refused: DeviceRefused) => void) | null>;
};

export const verbs: readonly ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace', 'query'];
