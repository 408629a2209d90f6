// The pictures of the documentation that are drawn and not taken: `node tools/docs/pictures.ts` writes them to docs/images,
// and a test holds the two together.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawSequence } from './sequence.ts'

const [reader, cache, store, writer] = ['reader', 'memcached', 'Datastore', 'writer']

const read = drawSequence({
  title: 'A read that finds nothing in memcached',
  actors: [reader, cache, store],
  events: [
    { from: reader, to: cache, text: 'get' },
    { from: cache, to: reader, text: 'nothing', answer: true },
    { from: reader, to: cache, text: 'add: lease, 5 s' },
    { from: cache, to: reader, text: 'stored, as #17', answer: true },
    { from: reader, to: store, text: 'lookup' },
    { from: store, to: reader, text: 'version 3', answer: true },
    { at: reader, note: 'answers', good: true },
    { from: reader, to: cache, text: 'replace #17 by version 3' },
  ],
})

const race = drawSequence({
  title: 'A slow read is overtaken by a write: the old value never gets in',
  actors: [reader, cache, store, writer],
  events: [
    { from: reader, to: cache, text: 'add: lease' },
    { from: cache, to: reader, text: 'stored, as #17', answer: true },
    { from: reader, to: store, text: 'lookup' },
    { from: store, to: reader, text: 'version 3', answer: true },
    { at: reader, note: 'is slow' },
    { from: writer, to: store, text: 'commit version 4' },
    { from: writer, to: cache, text: 'what is there?' },
    { from: cache, to: writer, text: 'a lease, #17', answer: true },
    { from: writer, to: cache, text: 'delete #17' },
    { at: writer, note: 'answers', good: true },
    { from: reader, to: cache, text: 'replace #17 by version 3' },
    { from: cache, to: reader, text: 'refused: no #17', answer: true, fails: true },
    { at: reader, note: 'answers', good: true },
  ],
})

const write = drawSequence({
  title: 'A write, with an older value in memcached',
  actors: [writer, cache, store],
  events: [
    { from: writer, to: cache, text: 'get' },
    { from: cache, to: writer, text: 'version 3, as #21', answer: true },
    { at: writer, note: 'changes the session' },
    { from: writer, to: store, text: 'commit version 4, if it is 3 there' },
    { from: store, to: writer, text: 'done', answer: true },
    { from: writer, to: cache, text: 'replace #21 by version 4' },
    { from: cache, to: writer, text: 'stored', answer: true },
    { at: writer, note: 'answers', good: true },
  ],
})

const [one, two] = ['one tab', 'the other']
const merge = drawSequence({
  title: 'Two requests on one session: both changes stay',
  actors: [one, store, two],
  events: [
    { from: store, to: one, text: 'tea, milk', answer: true },
    { from: store, to: two, text: 'tea, milk', answer: true },
    { at: one, note: 'adds cake' },
    { at: two, note: 'removes tea' },
    { from: one, to: store, text: 'commit, if unchanged' },
    { from: store, to: one, text: 'done: tea, milk, cake', answer: true },
    { at: one, note: 'answers', good: true },
    { from: two, to: store, text: 'commit, if unchanged' },
    { from: store, to: two, text: 'refused: it has changed', answer: true, fails: true },
    { from: two, to: store, text: 'begin, lookup' },
    { from: store, to: two, text: 'tea, milk, cake', answer: true },
    { at: two, note: 'merges: milk, cake' },
    { from: two, to: store, text: 'commit: milk, cake' },
    { at: two, note: 'answers', good: true },
  ],
})

const revival = drawSequence({
  title: 'A logout while a slow request runs: the id stays dead',
  actors: ['slow request', store, 'logout'],
  events: [
    { from: 'slow request', to: store, text: 'lookup' },
    { from: store, to: 'slow request', text: 'version 3', answer: true },
    { from: 'logout', to: store, text: 'commit: a tombstone' },
    { at: 'logout', note: 'answers', good: true },
    { at: 'slow request', note: 'changes the session' },
    { from: 'slow request', to: store, text: 'commit, if it is 3 there' },
    { from: store, to: 'slow request', text: 'refused: it has changed', answer: true, fails: true },
    { from: 'slow request', to: store, text: 'begin, lookup' },
    { from: store, to: 'slow request', text: 'a tombstone', answer: true, fails: true },
    { at: 'slow request', note: 'answers, sets no cookie', good: true },
  ],
})

export const pictures: Readonly<Record<string, string>> = {
  'cache-read.svg': read,
  'cache-write.svg': write,
  'cache-race.svg': race,
  'merge.svg': merge,
  'revival.svg': revival,
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(pictures)) {
    writeFileSync(join(import.meta.dirname, '../../docs/images', name), text)
  }
}
