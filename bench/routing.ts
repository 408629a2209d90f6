// Measures the CPU time that rules take to load, and a path to match, as the rules of a map grow: `node -C tipfy-source bench/routing.ts`.
import { Rule, UrlMap } from 'tipfy'

/** A map of `count` rules of four kinds in equal parts, and paths of them. */
function make(count: number) {
  const rules: Rule[] = []
  for (let at = 0; at < count; at += 4) {
    rules.push(
      new Rule(`/static/page-${at}`, { endpoint: `page${at}` }),
      new Rule(`/shop-${at}/<int:id>`, { endpoint: `item${at}` }),
      new Rule(`/blog/${at}/<int:year>/<slug>/`, { endpoint: `entry${at}`, methods: ['GET'] }),
      new Rule(`/files/${at}/<path:name>`, { endpoint: `file${at}` }),
    )
  }
  return rules
}

const paths = {
  static: (at: number) => `/static/page-${at}`,
  int: (at: number) => `/shop-${at}/42`,
  'int and text': (at: number) => `/blog/${at}/2009/hello-world/`,
  path: (at: number) => `/files/${at}/a/b/c.txt`,
  'not found': (at: number) => `/nowhere-${at}/x`,
}

/** Milliseconds of CPU time so far, which other programs on the machine hardly change. */
function cpu(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Microseconds a call, the best of nine rounds. */
function measure(call: (path: string) => void, samples: readonly string[]): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 9; round += 1) {
    const start = cpu()
    for (let at = 0; at < 50_000; at += 1) call(samples[at % samples.length]!)
    best = Math.min(best, ((cpu() - start) * 1000) / 50_000)
  }
  return best
}

const requestTo = (rawPath: string) => ({ method: 'GET', host: 'example.org', scheme: 'http', rawPath, rawQuery: '' })

new UrlMap(make(100)).compile() // the code is warm before the first figure
console.log('rules      load ms', ...Object.keys(paths).map((kind) => kind.padStart(14)), '  build (µs)')
for (const count of [10, 1_000, 10_000]) {
  const start = cpu()
  const map = new UrlMap(make(count))
  map.compile()
  const load = cpu() - start
  const numbers = Array.from({ length: 500 }, (_, at) => ((at * 7919) % Math.ceil(count / 4)) * 4)
  const times = Object.entries(paths).map(([kind, path]) => {
    const call = (rawPath: string) => {
      if (kind === 'not found') return void map.bind({ serverName: 'example.org' }).test(rawPath)
      map.matchRequest(requestTo(rawPath))
    }
    return measure(call, numbers.map(path))
  })
  const urls = map.bind({ serverName: 'example.org' })
  const build = measure(
    (endpoint) => void urls.build(endpoint, { id: 7 }),
    numbers.map((at) => `item${at}`),
  )
  const figures = [...times, build].map((time) => time.toFixed(2).padStart(14))
  console.log(String(count).padStart(6), load.toFixed(1).padStart(10), ...figures)
}
