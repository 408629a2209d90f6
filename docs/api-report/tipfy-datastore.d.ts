// The public types of 'tipfy/datastore', written by `npm run api-report`.

export interface DatastoreOptions {
  mode: 'embedded' | 'cloud';
  dataFolder?: string;
  memory?: boolean;
  concurrency?: Concurrency;
  lockWait?: number;
  onTrouble?: (message: string) => void;
  projectId?: string;
  namespace?: string;
  databaseId?: string;
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

export function closeDatastore(datastore: Datastore): Promise<void>;

export function memoryDatastore(options?: {
    projectId?: string;
    namespace?: string;
}): Promise<Datastore>;

export function openDatastore(options: DatastoreOptions): Promise<Datastore>;

export function startDatastoreServer(options?: DatastoreServerOptions): Promise<DatastoreServer>;
