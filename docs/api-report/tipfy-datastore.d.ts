// The public types of 'tipfy/datastore', written by `npm run api-report`.

export type DatastoreMode = 'auto' | 'embedded' | 'cloud';

export interface DatastoreOptions {
  mode?: DatastoreMode;
  dataFolder?: string;
  memory?: boolean;
  concurrency?: Concurrency;
  lockWait?: number;
  onTrouble?: (message: string) => void;
  projectId?: string;
  namespace?: string;
  databaseId?: string;
  timeout?: number;
}

export interface DatastoreServer {
  host: string;
  port: number;
  close(): Promise<void>;
}

export interface DatastoreServerOptions extends EngineOptions {
  port?: number;
  host?: string;
  allowHost?: readonly string[];
}

export type TransactFunction<T> = (transaction: Transaction, datastore: Datastore) => T | Promise<T>;

export interface TransactOptions {
  datastore?: Datastore;
  attempts?: number;
}

export function closeDatastore(datastore: Datastore): Promise<void>;

export function getDatastore(app?: object): Promise<Datastore>;

export function memoryDatastore(options?: {
    projectId?: string;
    namespace?: string;
}): Promise<Datastore>;

export function openDatastore(options?: DatastoreOptions): Promise<Datastore>;

export function startDatastoreServer(options?: DatastoreServerOptions): Promise<DatastoreServer>;

export function transact<T>(fn: TransactFunction<T>, options?: TransactOptions): Promise<T>;
