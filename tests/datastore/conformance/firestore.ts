// The cases in which Google's newer emulator (the Firestore emulator in Datastore mode) answers otherwise, with what decides.
// Recorded with google-cloud-cli-firestore-emulator 528.

interface Difference {
  /** The emulator's answer; undefined where it waits for a lock, and is not asked. */
  answers: unknown
  because: string
}

const docs = 'https://cloud.google.com/datastore/docs'
const several = `${docs}/concepts/queries#multiple_values: an entity is one result, however many values it has`
const limits = `${docs}/concepts/limits`
const query = 'google/datastore/v1/query.proto'
const datastore = 'google/datastore/v1/datastore.proto'
const version = `${datastore}: Mutation.base_version, "if this does not match the current version on the server, the mutation conflicts"`
const locks = `${docs}/concepts/transactions#concurrency_modes: the emulator locks pessimistically, this mode is optimistic`
const unit = `${datastore}: CommitRequest.Mode, which allows either`

const search = `${query}: FindNearest; the emulator checks a search, and gives all results of the query`
const unlike = (because: string, answers: unknown): Difference => ({ because, answers })
const waits: Difference = { answers: undefined, because: locks }

export const firestore: Record<string, Difference> = {
  'a key with more than 6 KiB': unlike(limits, 'ok'),
  'saving 20,000 values to index': unlike(limits, 3),
  'a refused commit changes nothing': unlike(unit, '{}'),
  'a base version that does not match: nothing is changed, and the answer says so': unlike(version, [false, '{n=3}']),
  'base version 0 says that there is nothing yet': unlike(version, [false, false]),
  'looking up one key twice gives it twice': unlike(`${datastore}: LookupResponse.found`, [1, 1]),
  'looking up 1001 keys': unlike(limits, 'ok'),
  'a query ordered by another property than the inequality': unlike(several, 'd b c b a/z d'),
  'a query with != ordered by another property': unlike(several, 'd a a a/z d'),
  'a query with NOT_IN ordered by another property': unlike(several, 'd a a d'),
  'a query with inequalities of two properties, ordered by a third': unlike(several, 'd b b c'),
  'a query ordered by more than the inequality': unlike(several, 'b c b d d a/z'),
  'a query ordered down and up': unlike(several, 'a/z d d b c b'),
  'a query with inequalities of two properties': unlike(several, 'b c b d a/z'),
  'a query with an equality and an inequality of one property': unlike(
    `${docs}/concepts/queries#multiple_values: an equality is met by any value`,
    '',
  ),
  'a query in the order of the smallest of several values': unlike(several, 'd a b c b a a/z d'),
  'a query in the order of the largest of several values': unlike(several, 'd a/z a b c b a d'),
  'a query in the order of the smallest value that the filter lets': unlike(several, 'b c b a a/z d'),
  'a query with orders after that of the key': unlike(several, 'a a c b b d d a/z'),
  'a query with one order twice': unlike('the older emulator; no document says', 3),
  'a query for two properties, the later one first': unlike(
    `${query}: Query.order, "if empty, order is unspecified"; Google's own system tests want this one`,
    'a{x=1, y=1} a{x=1, y=5} b{x=2, y=2} c{x=2, y=3} b{x=2, y=4} d{x=3, y=0} d{x=3, y=9} a/z{x=5, y=7}',
  ),
  'a query for entities with distinct ones of several values': unlike(several, 'd a b c b a a/z d'),
  'a query with IN, where several values are in': unlike(several, 'd b b d'),
  'a query with != of one of several values': unlike(several, 'd a b c b a/z d'),
  'values of all types in one order': unlike(`${several}; the older emulator sorts an empty array as null`, [
    'nothing negative integer time several truth text blob several infinity minus double nan point key',
    'key point nan double minus infinity several blob text truth several time integer negative nothing',
  ]),
  'entities inside are found by their path, as far as they are indexed': unlike(
    'the older emulator; no document says what an unindexed entity value hides',
    ['a b e', 'a', 'c', '', 'a{e.b=1} b{e.b=1} e{e.b=1}', 2, 2],
  ),
  'a cursor goes on where the results stopped, and ends another query there': unlike(
    `${query}: Query.start_cursor, "can only be used to continue the same query"`,
    ['b c b a a/z d', 'd a', 'a', 'd a b c b a a/z d', 'b c d e a/z', 3],
  ),
  'the kinds and properties there are can be asked for': unlike(`${docs}/concepts/metadataqueries`, [3, '', 3]),
  'GQL that aggregates, run as a plain query': unlike(`${query}: RunQueryRequest.gql_query`, 2),
  'GQL that aggregates nothing, run as an aggregation': unlike(`${query}: RunAggregationQueryRequest.gql_query`, 2),
  'of two transactions that read and write an entity, the second to commit fails': unlike(locks, [10, 'ok']),
  'a transaction fails where what it read has changed, whatever it writes': waits,
  'a transaction that only reads never fails': waits,
  'a transaction reads the state of its first read': waits,
  'a transaction fails where an ancestor query would now find more': waits,
  'a transaction fails where any query would now find more': waits,
  'a finished transaction is of no more use': unlike('the older emulator; no document says', [3, 3, 'ok', 3]),
  'a transaction that is rolled back is of no more use': unlike('the older emulator; no document says', [
    'ok',
    'ok',
    3,
  ]),
  'a read-only transaction may commit, but not write': unlike(
    `${docs}/concepts/transactions#read-only_transactions`,
    [3, 3],
  ),
  'a lookup may begin a transaction': waits,
  'a commit tells when it happened, if it is a transaction': unlike(`${datastore}: CommitResponse.commit_time`, [
    true,
    true,
  ]),
  'the past can be read, the future cannot': waits,
  'writing half a surrogate pair in a text': unlike('google/datastore/v1/entity.proto: Value.string_value', 2),
  'writing half a surrogate pair in a name': unlike('google/datastore/v1/entity.proto: Key.PathElement.name', 2),
  'transforming one entity 501 times in two mutations': unlike(limits, 'ok'),
  'reading two hours ago': unlike(`${datastore}: ReadOptions.read_time, "within the past one hour"`, 'ok'),
  'a transaction that reads two hours ago': unlike(
    `${datastore}: TransactionOptions.ReadOnly.read_time, "within the past one hour"`,
    'ok',
  ),
  'aggregating a sum of times': unlike(
    `${query}: Aggregation.Sum, "only numeric values will be aggregated"`,
    '{s=1000000}',
  ),
  'aggregating six times': unlike(`${query}: AggregationQuery.aggregations, "a maximum of five"`, 2),
  'transforming by appending a text too long for the index': unlike(
    'google/datastore/v1/entity.proto: Value.string_value',
    [`{a=[3, "${'x'.repeat(1501)}"]}`, '{r=null}'],
  ),
  'transforming 501 times': unlike(limits, ['{a=502}', ...Array.from({ length: 501 }, (_, i) => `{r=${i + 2}}`)]),
  'a mask names a property with a dot': unlike(
    `${datastore}: PropertyMask.paths; the emulator takes the paths of Firestore`,
    3,
  ),
  'an update time that does not match': unlike(version, [false, false]),
  ...Object.fromEntries(
    [
      ...['by Euclidean distance', 'by cosine distance', 'by dot product', 'for the nearest two', 'up to a distance'],
      ...['down to a dot product', 'below any distance', 'for the keys alone', 'inside an entity value'],
      ...['for three dimensions', 'for a property that there is not', 'entities of all kinds'],
    ].map((name) => [`searching ${name}`, unlike(search, 'a, b, c, d, longer, none, plain, within, zero')]),
  ),
  'searching among what a filter leaves': unlike(search, 'a, c, longer, none, plain, within'),
  'searching in the order of another property where it is as near': unlike(search, 'b, d, a, c'),
  'searching for a projection': unlike(search, 'b'),
  'counting the results of a search': unlike(search, '{c=3, s=9}'),
  'explaining a query without running it': unlike(`${datastore}: RunQueryRequest.explain_options`, [false, undefined]),
}
