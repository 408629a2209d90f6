import { afterAll, expect, test } from '@jest/globals'
import { bin, type Files, project, removeProjects, run, tipfy } from '../support/project.ts'

afterAll(removeProjects)

const home = (body: string) => `import { RequestHandler } from 'tipfy'
${body}
export class Home extends RequestHandler {}
`

const config = (text: string): Files => ({ 'config.ts': `${text}\nexport const config = {}\n` })

// Mistakes in code, and the one line that each is reported by.
const mistakes: [string, Files, string][] = [
  [
    'a name imported from another module of tipfy',
    config("import { session } from 'tipfy'"),
    'config.ts:1 imports "session" from tipfy, which does not export it. Import it from \'tipfy/ext/session\'.',
  ],
  [
    'a global used where a module is imported',
    {
      'app/home.ts': `import { RequestHandler, request } from 'tipfy'
const path = request.path
export class Home extends RequestHandler {}
`,
    },
    'rule "/": `request` was used outside a request. Use it in code that a request runs (a handler, a hook, and what they await), use the promise form of a driver, or bind a callback to its request: bindContext(fn). (app/home.ts:2)',
  ],
  [
    'a rule without a slash, in the line where it is made',
    {
      'urls.ts': `import { Rule } from 'tipfy'
export const getRules = () => [
  new Rule('about', { endpoint: 'about', handler: 'home:Home' }),
]
`,
    },
    'urls: The rule `about` does not begin with a slash. Write the path of a URL: `/about`. (urls.ts:3)',
  ],
  [
    'a type imported as a value',
    config("import { Config } from 'tipfy'"),
    'config.ts:1 imports "Config" from tipfy, which exports no such value. If it is a type, import it with `import type`: Node strips types without looking into other files.',
  ],
  [
    "a type imported as a value from a file of one's own",
    { 'app/home.ts': home("import { T } from './types.ts'"), 'app/types.ts': 'export type T = string' },
    'rule "/": app/home.ts:2 imports "T" from ./types.ts, which exports no such value. If it is a type, import it with `import type`: Node strips types without looking into other files.',
  ],
  [
    'an import without .ts',
    { 'app/home.ts': home("import './parts/cart'"), 'app/parts/cart.ts': '' },
    'rule "/": app/home.ts imports ./parts/cart, but there is no such file. Write the full name, with its extension: ./parts/cart.ts',
  ],
  [
    'an import with the .js of a .ts',
    { 'app/home.ts': home("import '../shop.js'"), 'shop.ts': '' },
    'rule "/": app/home.ts imports ../shop.js, but there is no such file. Write the full name, with its extension: ../shop.ts',
  ],
  [
    'an import of a folder',
    { 'app/home.ts': home("import './parts'"), 'app/parts/index.ts': '' },
    'rule "/": app/home.ts imports ./parts, but there is no such file. Write the full name, with its extension: ./parts/index.ts',
  ],
  [
    'an import of a file that is not there',
    config("import './nowhere.ts'"),
    'config.ts imports ./nowhere.ts, but there is no such file. Correct the path, which is relative to the importing file, or create the file.',
  ],
  [
    'an import of a package that is not installed',
    config("import 'left-pad'"),
    'config.ts imports the package left-pad, which is not installed. Install it: npm install left-pad. To import a file of your own, write its path: ./…',
  ],
  [
    'an import of a part of a package that it does not export',
    { 'app/home.ts': home("import { session } from 'tipfy/session'") },
    'rule "/": app/home.ts imports tipfy/session, which its package does not export. Import one of its exports: tipfy, tipfy/ext/session, tipfy/ext/auth, tipfy/ext/security, tipfy/ext/messages, tipfy/testing, tipfy/datastore',
  ],
  ['an enum', config('\nenum Color { Red }'), 'config.ts:2 uses TypeScript that Node cannot strip: TypeScript enum is'],
  [
    'a parameter property',
    { 'app/home.ts': home('class X { constructor(private y: number) {} }') },
    'rule "/": app/home.ts:2 uses TypeScript that Node cannot strip: TypeScript parameter property is',
  ],
  [
    'a namespace',
    { 'urls.ts': 'namespace N { export const a = 1 }' },
    'urls: urls.ts:1 uses TypeScript that Node cannot strip: TypeScript namespace',
  ],
  [
    'a decorator',
    { 'app/home.ts': home('@log') },
    'rule "/": app/home.ts uses TypeScript that Node cannot strip: decorators. Use',
  ],
  [
    'TypeScript below node_modules',
    {
      ...config("import 'blog'"),
      'node_modules/blog/package.json': { type: 'module', exports: './index.ts' },
      'node_modules/blog/index.ts': 'export const a: number = 1',
    },
    'Node does not strip types below node_modules, where node_modules/blog/index.ts is. Import the package from its compiled JavaScript, or move the file out of node_modules.',
  ],
  [
    'a package.json that says commonjs',
    { 'package.json': { type: 'commonjs' } },
    'config.ts:2 is an ES module, but the package.json above it says that it is CommonJS. Write "type": "module" in package.json.',
  ],
  ['a syntax error', { 'config.ts': 'export const config = {}\nconst = 1' }, 'config.ts:2 cannot be read: '],
  [
    'an error thrown while config.ts runs',
    config('const a = undefined\na.b()'),
    "TypeError: Cannot read properties of undefined (reading 'b') (config.ts:2). Run it again with --stack to see where it comes from.",
  ],
  [
    'a syntax error in what config.ts parses',
    config('\nJSON.parse("{")'),
    "SyntaxError: Expected property name or '}' in JSON at position 1 (line 1 column 2) (config.ts:2). Run it again",
  ],
  [
    'a handler that extends nothing',
    {
      'urls.ts':
        "import { Rule } from 'tipfy'\nclass X {}\nexport const getRules = () => [new Rule('/', { handler: X })]",
    },
    'rule "/": The handler "class X" of rule "/" is another class, not a class that extends RequestHandler. Write `export class … extends RequestHandler`,',
  ],
  ['no config', { 'config.ts': 'const config = {}' }, 'config.ts exports no `config`. Write'],
  [
    'a wrong key',
    { 'config.ts': 'export const config = { tipfy: { hoks: {} } }' },
    'The configuration of tipfy has no key "hoks". Did you mean "hooks"?',
  ],
]

test.concurrent.each(mistakes)('%s is told in one line, with the remedy', async (_, files, told) => {
  const { status, stdout, stderr } = await tipfy(['check'], { cwd: project(files) })
  const [line = '', ...rest] = `${stdout}${stderr.replace(/^tipfy: 1 problem found\.\n/, '')}`.split('\n')
  expect(
    line
      .replace(/^tipfy: /, '')
      .replace(/\/.*\/config/, 'config')
      .slice(0, told.length),
  ).toBe(told)
  expect({ rest, status }).toEqual({ rest: [''], status: 1 })
})

test.concurrent('the whole stack is shown where it is asked for', async () => {
  const { status, stderr } = await tipfy(['check', '--stack'], { cwd: project(config('const a = undefined\na.b()')) })
  expect(status).toBe(1)
  expect(stderr).toMatch(/TypeError: Cannot read properties of undefined(?:.|\n)*\n {4}at file:.*config\.ts:2:3/)
})

test.concurrent('two copies of tipfy in one process are told from where', async () => {
  const copy = "export * from 'tipfy'\nglobalThis[Symbol.for('tipfy.copies')].add('/elsewhere/tipfy/dist/')"
  const cwd = project({ 'copy.ts': copy, 'config.ts': "import './copy.ts'\nexport const config = {}" })
  const { status, stdout } = await tipfy(['check'], { cwd })
  expect(stdout).toMatch(
    /^urls: Two copies of tipfy are loaded, from .*\/lib\/ and from \/elsewhere\/tipfy\/dist\/,.*npm ls tipfy.*\n$/,
  )
  expect(status).toBe(1)
})

test.concurrent('an old Node is told to make way for a new one', async () => {
  const pretend = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})'
  const { status, stderr } = await run(bin, ['serve'], { cwd: project(), flags: ['--import', pretend] })
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'tipfy needs Node 22.18 or newer, and this is 20.20.2. Install Node 24: https://nodejs.org\n',
  })
})
