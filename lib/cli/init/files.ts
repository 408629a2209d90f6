// The files of a new project: the code, and those around it.
import { optional, testedWith, version } from '../version.ts'
import { barePage, cartHandler, cartPage, configFile, testFile, urlsFile } from './code.ts'
import { loginFiles } from './login.ts'
import type { Project } from './project.ts'
import type { Answers } from './questions.ts'

const client = '@google-cloud/datastore'

/** Paths, in a project, of packages that it brings along: tipfy itself, packed, and one that holds Node. */
export interface Vendored {
  tipfy?: string
  node?: string
}

/** Returns the texts of a project's files, by name. */
export function projectFiles(name: string, answers: Answers, vendored: Vendored = {}): Record<string, string> {
  const project: Project = { ...answers, name, ts: answers.language === 'ts' }
  const { ts, language: suffix } = project
  const cart = answers.example === 'cart'
  return {
    'package.json': `${JSON.stringify(packageJson(project, vendored), null, 2)}\n`,
    [`config.${suffix}`]: configFile(project),
    [`urls.${suffix}`]: urlsFile(project),
    [`app/home.${suffix}`]: cart ? cartPage(project) : barePage(project),
    ...(cart && { [`app/session_test.${suffix}`]: cartHandler(project) }),
    ...loginFiles(project),
    [`tests/home.test.${suffix}`]: testFile(project),
    ...(ts && { 'tsconfig.json': tsconfig }),
    ...(answers.sessions === 'datastore' && { 'pnpm-workspace.yaml': pnpmWorkspace }),
    'README.md': readme(project),
    '.gitignore': 'node_modules/\n.tipfy/\n.env\n.env.*\n!.env.example\n',
    '.dockerignore': 'node_modules\n.tipfy\n.git\n.env\n.env.*\n',
    Dockerfile:
      vendored.tipfy === undefined ? dockerfile : dockerfile.replace('RUN npm ci', 'COPY vendor vendor\nRUN npm ci'),
    'app.yaml': appYaml,
    '.gcloudignore': 'node_modules/\n.tipfy/\n.git/\n.env\n.env.*\ntests/\n',
    '.github/workflows/ci.yml': ci(project),
  }
}

function packageJson({ name, ts, language, sessions, login }: Project, vendored: Vendored) {
  const devDependencies = {
    ...(ts && { '@types/node': `^${testedWith['@types/node']}` }),
    ...(vendored.node !== undefined && { 'node-runtime': `file:${vendored.node}` }),
    ...(ts && { typescript: `^${testedWith.typescript}` }),
  }
  return {
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    engines: { node: '>=22.18' },
    scripts: {
      start: 'tipfy serve',
      dev: 'tipfy dev',
      test: `node --test "tests/**/*.test.${language}"`,
      check: ts ? 'tsc && tipfy check' : 'tipfy check',
    },
    dependencies: {
      // For Google Cloud: what is embedded does without.
      ...(sessions === 'datastore' && { [client]: optional[client] }),
      ...(login === 'google' && { 'openid-client': optional['openid-client'] }),
      tipfy: vendored.tipfy === undefined ? `^${version}` : `file:${vendored.tipfy}`,
    },
    // A package below it has a script that only prints advice; npm asks about scripts without an entry here.
    ...(sessions === 'datastore' && { allowScripts: { protobufjs: false } }),
    ...(Object.keys(devDependencies).length > 0 && { devDependencies }),
  }
}

// The same for pnpm, which fails where a script is neither allowed nor denied.
const pnpmWorkspace = 'allowBuilds:\n  protobufjs: false\n'

// The compiler accepts only what Node's type stripping can run.
const tsconfig = `{
  "compilerOptions": {
    "target": "es2023",
    "lib": ["es2024"],
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["app", "config.ts", "urls.ts", "tests"]
}
`

const dockerfile = `# Cloud Run: gcloud run deploy --source . --set-secrets SECRET_KEY=secret-key:latest
# What has to be there before, the secret and a Datastore: docs/deploying.md of tipfy.
FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY . .
RUN install -d -o node node_modules/.cache
USER node
# Compiles what a start needs, for this user: Node uses compiled code of no other. A mistake stops the build.
RUN node_modules/.bin/tipfy check
ENV NODE_ENV=production
CMD ["node_modules/.bin/tipfy", "serve"]
`

const appYaml = `# App Engine: gcloud app deploy
runtime: nodejs24
entrypoint: node_modules/.bin/tipfy serve
env_variables:
  NODE_ENV: production
  # Make one with \`npx tipfy secret\`. Everybody who knows it can sign sessions: better fetch it from Secret Manager, as
  # docs/deploying.md of tipfy shows.
  SECRET_KEY: ''
`

const ci = ({ ts }: Project) => `name: ci
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - run: npm ci
      - run: npm run check${ts ? ' # types, rules, handlers, configuration' : ''}
      - run: npm test
`

const readmeLogin = ({ login, sessions }: Project) => {
  if (login === 'none') return ''
  const how =
    login === 'password'
      ? 'sign up at `/sign-up` and log in at `/login`'
      : 'sign in at `/login`: set `GOOGLE_CLIENT_ID`, `GOOGLE_CLIENT_SECRET` and, in production, `GOOGLE_REDIRECT_URI`'
  const where =
    sessions === 'datastore' ? 'in Datastore, as the kind `User`' : 'in a file: in production use a database'
  return `- Users ${how}. \`app/users\` keeps them ${where}.\n`
}

const readmeCache = ({ cache = 'none', language }: Pick<Project, 'cache' | 'language'>) =>
  cache === 'none'
    ? `- A cache in front of Datastore is one line of \`config.${language}\`: \`cache: 'valkey://host:6379'\`, or \`memcached://host:11211\`.\n`
    : `- In production set \`CACHE=${cache}://host:${cache === 'valkey' ? 6379 : 11211}\`; without it all sessions come from Datastore itself. \`npx tipfy check --cache\` connects and describes the server.\n`

const readme = (project: Project) => {
  const { name, sessions, language, example } = project
  const inDatastore = sessions === 'datastore'
  return `# ${name}

\`\`\`sh
npm install
npm start        # http://localhost:8080
npm run dev      # the same, restarting on every change
npm test
npm run check    # ${language === 'ts' ? 'types, ' : ''}rules, handlers, configuration
\`\`\`

- \`urls.${language}\` says which handler a URL has; \`app/\` holds the handlers.
- \`config.${language}\` says what keeps the sessions: ${
    inDatastore
      ? 'Datastore, which in development is a file in `.tipfy/`'
      : 'cookies, signed with a key that development makes for itself in `.tipfy/`'
  }.
- In production set \`SECRET_KEY\` (\`npx tipfy secret\` makes one)${
    inDatastore ? ' and `GOOGLE_CLOUD_PROJECT`' : ''
  }; \`Dockerfile\` is for Cloud Run, \`app.yaml\` for App Engine.
${inDatastore ? readmeCache(project) : ''}${readmeLogin(project)}- The documentation is in \`node_modules/tipfy/docs/\`; begin with its \`README.md\`.
${example === 'cart' ? '\nTry `/session-test?add-product=tea` and `/session-test?remove-product=tea`.\n' : ''}`
}
