// The public types of 'tipfy/testing', written by `npm run api-report`.

export interface ClientOptions {
  baseUrl?: string | URL;
  headers?: RequestOptions['headers'];
  followRedirects?: boolean;
  device?: boolean;
  csrf?: boolean;
}

export interface ClientRequestOptions extends RequestOptions {
  followRedirects?: boolean;
  csrf?: boolean;
}

export class ClientResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly url: string;
  readonly history: readonly ClientResponse[];
  constructor(reply: Reply, url: URL, history: readonly ClientResponse[]);
  get text(): string;
  json<T = unknown>(): T;
  get location(): string | null;
}

export class ClientStream implements AsyncIterable<string> {
  readonly status: number;
  readonly headers: Headers;
  readonly url: string;
  constructor(reply: OpenReply, url: URL);
  next(): Promise<string | null>;
  leave(): Promise<void>;
}

export class CookieJar {
  constructor(home?: string);
  store(header: string, url: URL): void;
  header(url: URL): string;
  all(): StoredCookie[];
  get(name: string): string | undefined;
  find(name: string): StoredCookie | undefined;
  set(name: string, value: string, options?: CookiePlace): void;
  delete(name: string): void;
  clear(): void;
}

export interface CookiePlace {
  domain?: string;
  path?: string;
  secure?: boolean;
}

export type Fields = Readonly<Record<string, Scalar | readonly Scalar[]>> | MultiDict | URLSearchParams;

export interface RequestOptions {
  headers?: HeaderFields;
  query?: Fields | string;
  form?: Fields;
  json?: unknown;
  multipart?: FormData | Readonly<Record<string, Scalar | Blob | readonly (Scalar | Blob)[]>>;
  body?: string | Uint8Array;
  remoteAddress?: string;
}

export interface StoredCookie {
  name: string;
  value: string;
  domain: string;
  hostOnly: boolean;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: string | null;
  expires: number | null;
}

export class TestClient {
  readonly cookies: CookieJar;
  constructor(app: App, options?: ClientOptions);
  get(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  head(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  query(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  post(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  put(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  patch(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  delete(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  options(path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  request(method: string, path: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  stream(method: string, path: string | URL, options?: Omit<ClientRequestOptions, 'followRedirects'>): Promise<ClientStream>;
  session<T>(fn: SessionFunction<T>): Promise<T>;
}

export interface WithRequestOptions extends RequestOptions {
  path?: string | URL;
  method?: string;
  cookies?: Readonly<Record<string, string>>;
  session?: Partial<SessionData>;
}

export function createClient(app: App, options?: ClientOptions): TestClient;

export function memoryDatastore<Client extends DatastoreClient = DatastoreClient>(): Promise<Client>;

export function withRequest<T>(app: App, options: WithRequestOptions, fn: () => T | Promise<T>): Promise<T>;
