// The public types of 'tipfy', written by `npm run api-report`.

export class AnyConverter extends BaseConverter<string> {
  partIsolating: boolean;
  readonly items: ReadonlySet<string>;
  constructor(map: RuleMap, args: ConverterArguments);
  toUrl(value: string): string;
}

export interface App {
  readonly dev: boolean;
  readonly root: string;
  readonly config: Config;
  readonly hooks: Hooks;
  readonly log: Log;
  readonly handlers: Handlers;
  readonly folders: readonly string[];
  readonly modules: Readonly<Record<string, ConfigModule>>;
  readonly errorHandlers: Map<number, ErrorHandler>;
  readonly settings: Readonly<TipfyConfig>;
  urlMap: UrlMap | null;
  sessionInterface: SessionInterface<RequestContext> | null;
  errorPage: ErrorPage | null;
  front: ((incoming: IncomingMessage, outgoing: ServerResponse) => boolean) | null;
  onSupervise: (() => void | Promise<void>) | null;
  ready(): Promise<void>;
  readonly requestListener: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  newContext(incoming: IncomingMessage, outgoing?: ServerResponse | null): RequestContext;
  route(request: Request): unknown;
  readonly getConfig: GetConfig;
  setSection(module: string, section: object): void;
  drain(): void;
  onClose(fn: () => void | Promise<void>): void;
  close(): Promise<void>;
}

export type App = AppType;

export class BadGateway extends BadGateway_base {

}

export class BadHost extends BadRequest {
  constructor(description?: string, options?: ExceptionOptions);
}

export class BadRequest extends BadRequest_base {

}

export class BadRequestKeyError extends BadRequest {
  readonly key: string | null;
  constructor(key?: string, options?: ExceptionOptions);
}

export class BaseConverter<Value = unknown> {
  regex: string;
  weight: number;
  partIsolating: boolean | undefined;
  readonly arguments: ConverterArguments;
  constructor(_map: RuleMap, args: ConverterArguments);
  toValue(text: string): Value;
  toUrl(value: Value): string;
}

export interface BindOptions extends Partial<Binding> {
  serverName: string;
}

export interface Binding {
  serverName: string;
  scriptName?: string;
  subdomain: string;
  scheme?: string;
  pathInfo?: string;
  method?: string;
  queryArgs?: string | Values | Iterable<readonly [string, unknown]> | null;
}

export type Body = string | Uint8Array | StreamSource | EventStream | FileBody | null;

export class BuildError extends TipfyError<'TIPFY_E_BUILD'> {
  name: string;
  readonly endpoint: string;
  readonly values: Values;
  readonly method: string | null;
  readonly suggested: Rule | null;
  constructor(rules: Iterable<Rule>, endpoint: string, values: Values, method: string | null, cause?: unknown);
}

export interface BuildOptions {
  method?: string | null;
  forceExternal?: boolean;
  scheme?: string;
  appendUnknown?: boolean;
}

export class ClientDisconnected extends BadRequest {
  constructor(description?: string, options?: ExceptionOptions);
}

export interface Config extends PartialSections {
  tipfy?: Some<TipfyConfig>;
}

export interface ConfigModule {
  readonly defaultConfig: object;
  readonly configTypes: Checks;
  checkConfig(section: object, app: Pick<App, 'dev' | 'config'>): void;
  start?(section: object, app: App): Promise<void>;
}

export interface ConfigSections {

}

export class Conflict extends Conflict_base {

}

export type ConverterArgument = string | number | boolean | null;

export interface ConverterArguments {
  positional: readonly ConverterArgument[];
  named: Readonly<Record<string, ConverterArgument>>;
  texts: readonly string[];
}

export type ConverterClass = new (map: RuleMap, args: ConverterArguments) => BaseConverter;

export interface CookieOptions {
  path?: string;
  domain?: string;
  maxAge?: number;
  expires?: Date;
  secure?: boolean;
  httpOnly?: boolean;
  sameSite?: SameSite | Lowercase<SameSite>;
  partitioned?: boolean;
}

export type DeleteCookieOptions = Pick<CookieOptions, 'path' | 'domain' | 'secure' | 'sameSite' | 'partitioned'>;

export type Endpoint = [RegisteredRules] extends [never] ? string : keyof Table;

export class EndpointPrefix<const Prefix extends string = string, const Rules extends readonly RuleFactory[] = readonly RuleFactory[]> extends Wrapper<Rules> {
  readonly endpointPrefix: Prefix;
  constructor(prefix: Prefix, rules: Rules);
}

export type ErrorCode = keyof typeof table;

export type ErrorHandler = (error: HTTPException, app: App) => unknown;

export type ErrorPage = (error: unknown, context: RequestContext) => Promise<Response>;

export interface EventOptions {
  keepAlive?: number;
  retry?: number;
}

export type EventSourceFunction = (signal: AbortSignal, lastEventId: string) => AsyncIterable<ServerEvent | string>;

export interface ExceptionOptions {
  headers?: HeadersInit;
  response?: Response;
  retryAfter?: number | Date;
  cause?: unknown;
}

export class ExpectationFailed extends ExpectationFailed_base {

}

export class FailedDependency extends FailedDependency_base {

}

export class FloatConverter extends NumberConverter<never> {
  constructor(map: RuleMap, args: ConverterArguments);
  toUrl(value: number): string;
}

export class Forbidden extends Forbidden_base {

}

export class GatewayTimeout extends GatewayTimeout_base {

}

export interface GetConfig {

}

export class Gone extends Gone_base {

}

export class HTTPException extends Error {
  static readonly code: number;
  readonly code: number;
  readonly reason: string;
  readonly description: string;
  readonly headers: HeaderList;
  readonly response: Response | null;
  constructor(description?: string, options?: ExceptionOptions);
  toResponse(request?: Negotiating): Response;
}

export class HTTPVersionNotSupported extends HTTPVersionNotSupported_base {

}

export type HandlerClass = (new () => RequestHandler) & {
    readonly middleware: readonly Middleware[];
    readonly input?: HandlerInput;
};

export type HandlerInput = {
    readonly [Method in Verb]?: InputSchemas;
};

export class HandlerPrefix<const Prefix extends string = string, const Rules extends readonly RuleFactory[] = readonly RuleFactory[]> extends Wrapper<Rules> {
  readonly handlerPrefix: Prefix;
  constructor(prefix: Prefix, rules: Rules);
}

export type HandlerTarget = string | (abstract new (...args: never[]) => object) | (() => Promise<unknown>);

export interface Handlers {
  load(rule: Rule): HandlerClass | Promise<HandlerClass>;
  loadAll(rules: Iterable<Rule>): Promise<{
      rule: Rule;
      error: unknown;
  }[]>;
}

export class HeaderList extends Headers {
  constructor(init?: HeadersInit);
  get(name: string): string | null;
  get<T>(name: string, fallback: T): string | T;
  getAll(name: string): string[];
  has(name: string): boolean;
  set(name: string, value: HeaderValue): this;
  add(name: string, value: HeaderValue): this;
  delete(name: string): boolean;
  deleteWhere(name: string, unwanted: (value: string) => boolean): void;
  clear(): void;
  get size(): number;
  addUnchecked(name: string, value: string): void;
  addMissing(pairs: readonly string[]): void;
  toFlat(): string[];
}

export type HeadersInit = Iterable<readonly [string, HeaderValue]> | Record<string, HeaderValue | readonly HeaderValue[] | undefined>;

export type Hook<Name extends HookName = HookName> = HookTypes[Name] | string;

export type HookArguments<Name extends HookName> = HookTypes[Name] extends (...args: infer Args) => unknown ? Args : never;

export type HookConfig = Pick<HooksByEvent, keyof TipfyHooks>;

export type HookName = keyof HookTypes;

export interface HookTypes extends TipfyHooks {

}

export interface Hooks {
  readonly lists: Readonly<Record<keyof TipfyHooks, readonly (Function | string)[]>>;
  add<Name extends HookName>(name: Name, hook: Hook<Name>, position?: number): void;
  addMulti(hooks: HooksByEvent): void;
  get<Name extends HookName>(name: Name): readonly Hook<Name>[];
  has(name: HookName): boolean;
  call<Name extends HookName>(name: Name, ...args: HookArguments<Name>): Promise<unknown[]>;
  iter<Name extends HookName>(name: Name, ...args: HookArguments<Name>): AsyncGenerator<unknown>;
  intercept<Name extends HookName>(name: Name, ...args: HookArguments<Name>): unknown;
  load(): Promise<void>;
}

export type HooksByEvent = {
    [Name in HookName]?: Hook<Name> | readonly Hook<Name>[];
};

export class Html {
  constructor(text: string);
  toString(): string;
  toJSON(): string;
}

export class ImATeapot extends ImATeapot_base {

}

export interface Indistinguishable extends Doubtful {
  by: Rule;
}

export type Input<Class extends {
    readonly input: HandlerInput;
}, Method extends keyof Class['input']> = Values<Class['input'][Method]>;

export interface InputError {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly in: InputPart;
  readonly field?: string;
}

export type InputPart = 'form' | 'query' | 'json' | 'files';

export interface InputSchemas {
  readonly form?: StandardSchema;
  readonly query?: StandardSchema;
  readonly json?: StandardSchema;
  readonly files?: StandardSchema;
}

export class IntegerConverter extends NumberConverter<bigint> {
  constructor(map: RuleMap, args: ConverterArguments);
  toValue(text: string): number;
  toUrl(value: number | bigint): string;
}

export class InternalServerError extends InternalServerError_base {

}

export class InvalidInput extends UnprocessableEntity {
  readonly errors: readonly InputError[];
  readonly old: SentFields;
  constructor(errors: readonly InputError[], old?: SentFields);
  get messages(): Readonly<Record<string, readonly string[]>>;
  isForJson(request: Negotiating): boolean;
  toResponse(request?: Negotiating): Response;
}

export class LengthRequired extends LengthRequired_base {

}

export class Locked extends Locked_base {

}

export interface Log {
  debug: LogMethod;
  info: LogMethod;
  warn: LogMethod;
  error: LogMethod;
}

export interface Match {
  rule: Rule;
  args: Record<string, unknown>;
}

export type Maybe<T> = T | undefined | void | Promise<T | undefined | void>;

export class MethodNotAllowed extends MethodNotAllowed_base {
  readonly allow: string[];
  constructor(allow?: Iterable<string>, description?: string, options?: ExceptionOptions);
}

export interface Middleware {
  beforeDispatch?(handler: RequestHandler): unknown;
  afterDispatch?(handler: RequestHandler, response: Response): unknown;
  handleException?(handler: RequestHandler, error: unknown): unknown;
}

export class MisdirectedRequest extends MisdirectedRequest_base {

}

export class MultiDict<V = string> {
  constructor(pairs?: Iterable<readonly [string, V]>);
  add(name: string, value: V): this;
  get(name: string): V | null;
  get<F>(name: string, fallback: F): V | F;
  get<F, T>(name: string, fallback: F, convert: (value: V) => T): T | F;
  getAll(name: string): V[];
  getAll<T>(name: string, convert: (value: V) => T): T[];
  has(name: string): boolean;
  get size(): number;
  keys(): IterableIterator<string>;
  values(): IterableIterator<V>;
  entries(): Generator<[string, V]>;
  forEach(each: (value: V, name: string) => void): void;
  toObject(options: {
      all: true;
  }): Record<string, V[]>;
  toObject(options?: {
      all?: false;
  }): Record<string, V>;
  toJSON(): Record<string, V[]>;
}

export class NotAcceptable extends NotAcceptable_base {

}

export class NotFound extends NotFound_base {

}

export class NotImplemented extends NotImplemented_base {

}

export class OutsideRequestError extends TipfyError<'TIPFY_E_OUTSIDE_REQUEST'> {
  name: string;
}

export class PathConverter extends BaseConverter<string> {
  partIsolating: boolean;
  regex: string;
  weight: number;
  constructor(map: RuleMap, args: ConverterArguments);
}

export class PreconditionFailed extends PreconditionFailed_base {

}

export class PreconditionRequired extends PreconditionRequired_base {

}

export type QueryValue = string | number | bigint | boolean | Date | null | undefined | readonly (string | number | bigint | boolean | Date)[];

export interface Register {

}

export type Replacement = Response | globalThis.Response | HTTPException;

export class Request {
  readonly settings: RequestSettings;
  rule: MatchedRule | null;
  ruleArgs: Readonly<Record<string, unknown>>;
  id: number;
  maxBodySize: number;
  constructor(message: IncomingMessage, settings?: RequestSettings, outgoing?: ServerResponse | null);
  get incoming(): IncomingMessage;
  get signal(): AbortSignal;
  get method(): string;
  get target(): string;
  get rawPath(): string;
  get rawQuery(): string;
  get path(): string;
  get mountPath(): string;
  get url(): string;
  get scheme(): string;
  get isSecure(): boolean;
  get host(): string;
  get remoteAddr(): string;
  addLogFields(fields: Readonly<Record<string, unknown>>): void;
  get headers(): RequestHeaders;
  get args(): MultiDict;
  get cookies(): MultiDict;
  bytes(): Promise<Buffer>;
  text(): Promise<string>;
  json<T = unknown>(options?: {
      force?: boolean;
  }): Promise<T>;
  form(): Promise<MultiDict>;
  files(): Promise<MultiDict<UploadedFile>>;
  valid<Schema extends StandardSchema>(schema: Schema): Promise<OutputOf<Schema>>;
  stream(): Readable;
  discardFiles(): void;
  get hasForm(): boolean;
  accepts(): string[];
  accepts(...types: string[]): string | null;
  acceptsLanguages(): string[];
  acceptsLanguages(...languages: string[]): string | null;
  acceptsEncodings(): string[];
  acceptsEncodings(...encodings: string[]): string | null;
  acceptsCharsets(): string[];
  acceptsCharsets(...charsets: string[]): string | null;
  get isForApi(): boolean;
  get wantsJson(): boolean;
  get ifMatch(): ETags;
  get ifNoneMatch(): ETags;
  get ifModifiedSince(): Date | null;
  get ifUnmodifiedSince(): Date | null;
  get ifRange(): string | Date | null;
  get range(): Range | null;
  toJSON(): object;
}

export type RequestContext = Context<App, Request, Response>;

export class RequestEntityTooLarge extends RequestEntityTooLarge_base {

}

export class RequestFinishedError extends TipfyError<'TIPFY_E_REQUEST_FINISHED'> {
  name: string;
}

export class RequestHandler {
  static readonly middleware: readonly Middleware[];
  handleException?(error: unknown): unknown;
  invalid?(args: Readonly<Record<string, unknown>>, input: InvalidInput): unknown;
  dispatch(method: Verb, args: Readonly<Record<string, unknown>>): unknown;
}

export class RequestHeaderFieldsTooLarge extends RequestHeaderFieldsTooLarge_base {

}

export class RequestHeaders extends Headers {
  constructor(incoming: IncomingMessage);
  get(name: string): string | null;
  get<T>(name: string, fallback: T): string | T;
  getAll(name: string): string[];
  has(name: string): boolean;
}

export class RequestRedirect extends HTTPException {
  static readonly code: number;
  readonly location: string;
  constructor(location: string);
}

export class RequestTimeout extends RequestTimeout_base {

}

export class RequestURITooLarge extends RequestURITooLarge_base {

}

export class RequestedRangeNotSatisfiable extends RequestedRangeNotSatisfiable_base {
  constructor(length?: number, description?: string, options?: ExceptionOptions);
}

export class Response {
  body: Body;
  compress: boolean | null;
  isConditional: boolean;
  constructor(body?: string | Bytes | Html | Blob | StreamSource | null, options?: ResponseOptions);
  get data(): string | Uint8Array;
  set data(data: string | Bytes | Html);
  get status(): number;
  set status(status: number);
  get statusCode(): number;
  set statusCode(status: number);
  get headers(): HeaderList;
  get contentType(): string;
  set contentType(type: string);
  get mimetype(): string;
  set mimetype(mimetype: string);
  suggestType(type: string): void;
  setCookie(name: string, value: string, options?: CookieOptions): void;
  deleteCookie(name: string, options?: DeleteCookieOptions): void;
  get etag(): string | null;
  set etag(tag: string | null);
  get lastModified(): Date | null;
  set lastModified(date: Date | null);
  get cacheControl(): CacheControl;
  vary(...names: string[]): void;
  makeConditional(): this;
  stream(source: StreamSource): this;
  events(make: EventSourceFunction, options?: EventOptions): this;
  attachment(filename: string): this;
  sendFile(path: string, options?: SendFileOptions): this;
  clone(): Response;
  dropBody(): void;
  get isStream(): boolean;
  get isBuffered(): boolean;
  toWire(length: number): string[];
}

export interface ResponseOptions {
  status?: number;
  headers?: HeadersInit;
  mimetype?: string;
  contentType?: string;
}

export type Returnable = string | object;

export interface RoutedRequest {
  readonly method: string;
  readonly host: string;
  readonly scheme: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly mountPath?: string;
}

export class Rule<const Path extends string = string, const Endpoint extends string = string, const Defaults extends Values = Values, const Domain extends string = string> implements RuleFactory {
  readonly path: Path;
  readonly endpoint: Endpoint;
  readonly handler: HandlerTarget;
  readonly methods: ReadonlySet<string> | null;
  readonly defaults: Defaults;
  readonly redirectTo: RuleOptions['redirectTo'];
  readonly buildOnly: boolean;
  readonly alias: boolean;
  readonly session: boolean;
  readonly auth: RuleOptions['auth'] | null;
  readonly deviceBound: 'required' | null;
  readonly maxBodySize: number | null;
  readonly host: Domain | null;
  subdomain: string | null;
  strictSlashes: boolean | null;
  mergeSlashes: boolean | null;
  map: RuleMap | null;
  constructor(path: Path, options?: RuleOptions<Endpoint, Defaults, Domain>);
  getRules(_map: RuleMap): Iterable<Rule>;
  copy({ path, ...options }?: Partial<RuleOptions> & {
      path?: string;
  }): Rule;
  bind(map: BindingMap): void;
  get compiled(): BoundRule;
  get arguments(): ReadonlySet<string>;
  toString(): string;
  toJSON(): object;
}

export type RuleArgs<Name extends Endpoint = Endpoint> = [RegisteredRules] extends [never] ? Record<string, unknown> : Name extends keyof Table ? ArgsOf<Table[Name]> : never;

export interface RuleFactory {
  getRules(map: RuleMap): Iterable<Rule>;
}

export interface RuleOptions<Endpoint extends string = string, Defaults extends Values = Values, Domain extends string = string> {
  endpoint?: Endpoint;
  handler?: HandlerTarget;
  methods?: readonly string[];
  defaults?: Defaults;
  subdomain?: Domain;
  host?: Domain;
  strictSlashes?: boolean;
  mergeSlashes?: boolean;
  redirectTo?: string | RedirectFunction;
  buildOnly?: boolean;
  alias?: boolean;
  session?: boolean;
  auth?: true | 'fresh' | ((user: never) => boolean);
  deviceBound?: 'required';
  maxBodySize?: number;
}

export type RuleTemplate<Rules extends readonly RuleFactory[] = readonly RuleFactory[]> = <Filled extends Readonly<Record<string, Value>>, Value extends string | number>(values: Filled) => FilledTemplate<Rules, Filled>;

export interface RunOptions extends ServeOptions {
  workers?: number;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly sessions: string;
  close(): Promise<void>;
}

export type Sections = ConfigSections & {
    tipfy: TipfyConfig;
};

export class SecurityError extends BadRequest {

}

export interface SendFileOptions {
  root?: string;
  download?: boolean | string;
  mimetype?: string;
  maxAge?: number;
  immutable?: boolean;
  dotfiles?: boolean;
  precompressed?: boolean;
}

export type SentFields = Readonly<Record<string, string | string[]>>;

export interface ServeOptions {
  port?: number;
  host?: string;
}

export interface ServerEvent {
  data?: unknown;
  event?: string;
  id?: string | number;
  retry?: number;
}

export class ServiceUnavailable extends ServiceUnavailable_base {

}

export interface SessionInterface<C = Context> {
  readonly description?: string;
  readonly bindsDevices?: boolean;
  handleOwnPath?(context: C): Promise<unknown> | undefined;
  openSession(context: C): void | Promise<void>;
  saveSession(context: C, response: unknown, failed: boolean): void | Promise<void>;
}

export type SortParameters = (one: readonly [string, unknown], other: readonly [string, unknown]) => number;

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | {
      readonly key: PropertyKey;
  })[] | undefined;
}

export type StandardResult<Output> = {
    readonly value: Output;
    readonly issues?: undefined;
} | {
    readonly issues: readonly StandardIssue[];
};

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaProps<Input, Output>;
}

export interface StandardSchemaProps<Input = unknown, Output = Input> {
  readonly version: 1;
  readonly vendor: string;
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
  readonly jsonSchema?: StandardJsonSchema | undefined;
  readonly types?: {
      readonly input: Input;
      readonly output: Output;
  } | undefined;
}

export interface StaticOptions extends Pick<SendFileOptions, 'maxAge' | 'immutable' | 'dotfiles' | 'precompressed'> {

}

export type StreamSource = Readable | ReadableStream | AsyncIterable<Piece> | Iterable<Piece>;

export class Subdomain<const Name extends string = string, const Rules extends readonly RuleFactory[] = readonly RuleFactory[]> extends Wrapper<Rules> {
  readonly subdomainName: Name;
  constructor(subdomain: Name, rules: Rules);
}

export class Submount<const Path extends string = string, const Rules extends readonly RuleFactory[] = readonly RuleFactory[]> extends Wrapper<Rules> {
  readonly mountPath: Path;
  constructor(path: Path, rules: Rules);
}

export type TemplateValues = Readonly<Record<string, string | number>>;

export interface TipfyConfig extends Settings {
  hooks: HookConfig;
  errorHandlers: Readonly<Record<number, ErrorHandler | string>>;
  urls: string | ((app: App) => readonly RuleFactory[] | Promise<readonly RuleFactory[]>);
}

export class TipfyError<Code extends ErrorCode = ErrorCode> extends Error {
  name: string;
  readonly code: Code;
  readonly remedy: string;
  constructor(code: Code, ...[values, options]: Arguments<Code>);
}

export interface TipfyHooks {
  posInitApp: (app: App) => Maybe<unknown>;
  preRunApp: (app: App) => Maybe<unknown>;
  preInitRequest: (app: App) => Maybe<unknown>;
  preDispatchHandler: (request: Request, app: App) => Maybe<Returnable>;
  preSendResponse: (request: Request, response: Response, app: App) => Maybe<Replacement>;
  preHandleException: (error: unknown, app: App) => Maybe<Replacement>;
}

export class TooManyRequests extends TooManyRequests_base {

}

export class Unauthorized extends Unauthorized_base {

}

export class UnavailableForLegalReasons extends UnavailableForLegalReasons_base {

}

export class UnicodeConverter extends BaseConverter<string> {
  partIsolating: boolean;
  constructor(map: RuleMap, args: ConverterArguments);
}

export class UnprocessableEntity extends UnprocessableEntity_base {

}

export class UnsupportedMediaType extends UnsupportedMediaType_base {

}

export class UploadedFile {
  readonly name: string;
  readonly filename: string;
  readonly mimetype: string;
  readonly size: number;
  path: string | null;
  constructor(name: string, filename: string, mimetype: string, size: number, kept: Buffer | string);
  bytes(): Promise<Buffer>;
  text(): Promise<string>;
  stream(): Readable;
  saveTo(path: string): Promise<void>;
}

export class UrlAdapter implements RuleAdapter {
  readonly map: AdapterMap;
  readonly serverName: string;
  readonly scriptName: string;
  readonly subdomain: string;
  readonly scheme: string;
  readonly pathInfo: string;
  readonly method: string;
  readonly queryArgs: NonNullable<Binding['queryArgs']>;
  constructor(map: AdapterMap, binding: Binding);
  get domain(): string;
  match(path?: string, method?: string): Match;
  follow(outcome: Outcome, method: string): Match;
  test(path?: string, method?: string): boolean;
  rulesFor(path?: string): Rule[];
  build(endpoint: string, values?: Values | FieldList, options?: BuildOptions): string;
}

export type UrlArguments<Name extends Endpoint, Options> = {} extends UrlValues<Name> ? [values?: UrlValues<Name> | FieldList | null, options?: Options] : [values: UrlValues<Name>, options?: Options];

export interface UrlForOptions {
  full?: boolean;
  method?: string;
  scheme?: string;
  anchor?: string;
}

export class UrlMap implements AdapterMap, BindingMap {
  readonly defaultSubdomain: string;
  readonly strictSlashes: boolean;
  readonly mergeSlashes: boolean;
  readonly redirectDefaults: boolean;
  readonly hostMatching: boolean;
  readonly sortParameters: boolean | SortParameters;
  readonly converters: Readonly<Record<string, ConverterClass>>;
  readonly serverName: string | null;
  readonly parts: Map<string, DynamicPart>;
  readonly addedRules: Rule[];
  constructor(rules?: Iterable<RuleFactory>, options?: UrlMapOptions);
  add(factory: RuleFactory): void;
  rules(endpoint?: string): readonly Rule[];
  isEndpointExpecting(endpoint: string, ...names: string[]): boolean;
  compile(): Compiled;
  bind(binding: BindOptions): UrlAdapter;
  bindToRequest(request: RoutedRequest): UrlAdapter;
  matchRequest(request: RoutedRequest): Match;
  rulesFor(request: RoutedRequest): Rule[];
  toJSON(): object;
}

export interface UrlMapOptions extends Partial<RuleMap> {
  converters?: Readonly<Record<string, ConverterClass>>;
}

export type UrlValues<Name extends Endpoint = Endpoint> = [RegisteredRules] extends [never] ? Record<string, unknown> : Name extends keyof Table ? WithQuery<ValuesOf<Table[Name]>> : never;

export class UuidConverter extends BaseConverter<string> {
  partIsolating: boolean;
  regex: string;
  constructor(map: RuleMap, args: ConverterArguments);
  toValue(text: string): string;
}

export class ValidationError extends Error {
  name: string;
}

export type Values = Readonly<Record<string, unknown>>;

export type Verb = (typeof verbs)[number];

export function abort(status: number | Response, description?: string): never;

export const app: App;

export function bindContext<This, Args extends unknown[], Result>(fn: (this: This, ...args: Args) => Result): (this: This, ...args: Args) => Result;

export function current<T extends object>(global: T): T;

export const defaultConfig: TipfyConfig;

export const defaultConverters: Readonly<Record<string, ConverterClass>>;

export function escapeHtml(text: unknown): string;

export function exceptionFor(status: number, description?: string, options?: ExceptionOptions): HTTPException | null;

export function findDoubtful(map: UrlMap): Doubtful[];

export function findIndistinguishable(map: UrlMap): Indistinguishable[];

export const getConfig: GetConfig;

export function hasRequest(): boolean;

export function html(strings: TemplateStringsArray, ...values: unknown[]): Html;

export function makeApp(config: Config, options?: {
    root?: string;
}): App;

export function redirect(location: string | URL, code?: number): Response;

export function redirectTo<Name extends Endpoint>(endpoint: Name, ...[values, options]: UrlArguments<Name, UrlForOptions & {
    code?: number;
}>): Response;

export function renderJsonResponse(value: unknown): Response;

export const request: Request;

export const response: Response;

export function runApp(app: App, options?: RunOptions): Promise<RunningServer>;

export function runOutside<Result>(fn: () => Result): Result;

export function serve(app: App, options?: ServeOptions): Promise<RunningServer>;

export function staticFiles(folder: string, options?: StaticOptions): HandlerClass;

export function staticRule<const Path extends string, const Endpoint extends string = 'static'>(path: Path, folder: string, options?: StaticOptions & {
    endpoint?: Endpoint;
}): Rule<`${Path}/<path:file>`, Endpoint>;

export function urlFor<Name extends Endpoint>(endpoint: Name, ...[values, options]: UrlArguments<Name, UrlForOptions>): string;
