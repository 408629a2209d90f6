// The messages of google.datastore.v1 as plain objects, the same on both fronts. Requests may name enums by name or number and
// write 64-bit integers as a string, a number or an object that prints as one. Responses name every oneof (`valueType`,
// `idType`), as the official client expects.

export type Int64 = string | number | bigint | { toString(): string }

export interface Timestamp {
  seconds?: Int64 | null
  nanos?: number | null
}

export interface PartitionId {
  projectId?: string | null
  databaseId?: string | null
  namespaceId?: string | null
}

export interface PathElement {
  kind?: string | null
  id?: Int64 | null
  name?: string | null
  idType?: 'id' | 'name'
}

export interface Key {
  partitionId?: PartitionId | null
  path?: PathElement[] | null
}

export interface Value {
  valueType?: ValueType
  nullValue?: unknown
  booleanValue?: boolean | null
  integerValue?: Int64 | null
  doubleValue?: number | string | null
  timestampValue?: Timestamp | null
  keyValue?: Key | null
  stringValue?: string | null
  blobValue?: Uint8Array | string | null
  geoPointValue?: { latitude?: number | null; longitude?: number | null } | null
  entityValue?: Entity | null
  arrayValue?: { values?: Value[] | null } | null
  meaning?: number | null
  excludeFromIndexes?: boolean | null
}

export type ValueType =
  | 'nullValue'
  | 'booleanValue'
  | 'integerValue'
  | 'doubleValue'
  | 'timestampValue'
  | 'keyValue'
  | 'stringValue'
  | 'blobValue'
  | 'geoPointValue'
  | 'entityValue'
  | 'arrayValue'

export interface Entity {
  key?: Key | null
  properties?: Record<string, Value> | null
}

export interface EntityResult {
  entity: Entity
  version?: string
  createTime?: Timestamp | null
  updateTime?: Timestamp | null
  cursor?: Uint8Array
}

export type TransactionOptions = {
  readOnly?: { readTime?: Timestamp | null } | null
  readWrite?: { previousTransaction?: Uint8Array | string | null } | null
}

export interface ReadOptions {
  readConsistency?: string | number | null
  transaction?: Uint8Array | string | null
  newTransaction?: TransactionOptions | null
  readTime?: Timestamp | null
}

/** Fields of every request. */
export interface Target {
  projectId?: string | null
  databaseId?: string | null
}

export interface LookupRequest extends Target {
  readOptions?: ReadOptions | null
  keys?: Key[] | null
  propertyMask?: PropertyMask | null
}

export interface LookupResponse {
  found: EntityResult[]
  missing: EntityResult[]
  deferred: Key[]
  transaction?: Uint8Array
  readTime: Timestamp
}

export interface PropertyMask {
  paths?: string[] | null
}

export interface PropertyTransform {
  property?: string | null
  setToServerValue?: string | number | null
  increment?: Value | null
  maximum?: Value | null
  minimum?: Value | null
  appendMissingElements?: { values?: Value[] | null } | null
  removeAllFromArray?: { values?: Value[] | null } | null
}

export interface Mutation {
  insert?: Entity | null
  update?: Entity | null
  upsert?: Entity | null
  delete?: Key | null
  baseVersion?: Int64 | null
  updateTime?: Timestamp | null
  conflictResolutionStrategy?: string | number | null
  propertyMask?: PropertyMask | null
  propertyTransforms?: PropertyTransform[] | null
}

export interface CommitRequest extends Target {
  mode?: string | number | null
  transaction?: Uint8Array | string | null
  singleUseTransaction?: TransactionOptions | null
  mutations?: Mutation[] | null
}

export interface MutationResult {
  key: Key | null
  version: string
  createTime?: Timestamp | null
  updateTime?: Timestamp | null
  conflictDetected: boolean
  transformResults: Value[]
}

export interface CommitResponse {
  mutationResults: MutationResult[]
  indexUpdates: number
  commitTime: Timestamp | null
}

export interface BeginTransactionRequest extends Target {
  transactionOptions?: TransactionOptions | null
}

export interface RollbackRequest extends Target {
  transaction?: Uint8Array | string | null
}

export interface KeysRequest extends Target {
  keys?: Key[] | null
}

export interface PropertyReference {
  name?: string | null
}

export interface Filter {
  compositeFilter?: { op?: string | number | null; filters?: Filter[] | null } | null
  propertyFilter?: { property?: PropertyReference | null; op?: string | number | null; value?: Value | null } | null
}

export interface Query {
  projection?: { property?: PropertyReference | null }[] | null
  kind?: { name?: string | null }[] | null
  filter?: Filter | null
  order?: { property?: PropertyReference | null; direction?: string | number | null }[] | null
  distinctOn?: PropertyReference[] | null
  startCursor?: Uint8Array | string | null
  endCursor?: Uint8Array | string | null
  offset?: number | null
  limit?: { value?: number | null } | null
  findNearest?: FindNearest | null
}

export interface FindNearest {
  vectorProperty?: PropertyReference | null
  queryVector?: Value | null
  distanceMeasure?: string | number | null
  limit?: { value?: number | null } | null
  distanceResultProperty?: string | null
  distanceThreshold?: { value?: number | string | null } | null
}

export interface GqlQuery {
  queryString?: string | null
  allowLiterals?: boolean | null
  namedBindings?: Record<string, GqlQueryParameter> | null
  positionalBindings?: GqlQueryParameter[] | null
}

export interface GqlQueryParameter {
  value?: Value | null
  cursor?: Uint8Array | string | null
}

export interface RunQueryRequest extends Target {
  partitionId?: PartitionId | null
  readOptions?: ReadOptions | null
  query?: Query | null
  gqlQuery?: GqlQuery | null
  propertyMask?: PropertyMask | null
  explainOptions?: { analyze?: boolean | null } | null
}

export interface Batch {
  skippedResults: number
  skippedCursor?: Uint8Array
  entityResultType: 'FULL' | 'PROJECTION' | 'KEY_ONLY'
  entityResults: EntityResult[]
  endCursor: Uint8Array
  moreResults: 'NOT_FINISHED' | 'MORE_RESULTS_AFTER_LIMIT' | 'MORE_RESULTS_AFTER_CURSOR' | 'NO_MORE_RESULTS'
  snapshotVersion?: string
  readTime: Timestamp
}

/** google.protobuf.Struct, reduced to what explaining needs. */
export interface Struct {
  fields: Record<string, { kind: 'stringValue'; stringValue: string } | { kind: 'structValue'; structValue: Struct }>
}

export interface ExplainMetrics {
  planSummary: { indexesUsed: Struct[] }
  executionStats?: {
    resultsReturned: string
    executionDuration: { seconds: string; nanos: number }
    readOperations: string
    debugStats: Struct
  }
}

export interface RunQueryResponse {
  /** Missing where the query was only planned. */
  batch?: Batch
  /** The query that a GQL text was parsed to. */
  query: Query | null
  transaction?: Uint8Array
  explainMetrics?: ExplainMetrics
}

export interface Aggregation {
  count?: { upTo?: { value?: Int64 | null } | null } | null
  sum?: { property?: PropertyReference | null } | null
  avg?: { property?: PropertyReference | null } | null
  alias?: string | null
}

export interface RunAggregationQueryRequest extends Target {
  partitionId?: PartitionId | null
  readOptions?: ReadOptions | null
  aggregationQuery?: { nestedQuery?: Query | null; aggregations?: Aggregation[] | null } | null
  gqlQuery?: GqlQuery | null
  explainOptions?: { analyze?: boolean | null } | null
}

export interface RunAggregationQueryResponse {
  batch?: {
    aggregationResults: { aggregateProperties: Record<string, Value> }[]
    moreResults: 'NO_MORE_RESULTS'
    readTime: Timestamp
  }
  query: RunAggregationQueryRequest['aggregationQuery'] | null
  transaction?: Uint8Array
  explainMetrics?: ExplainMetrics
}
