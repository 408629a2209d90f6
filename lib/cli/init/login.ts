// The code of a new project in which users log in: by password, or with Google.
import { layoutFiles, layoutImport } from './layout.ts'
import { type Project, typed } from './project.ts'
import { usersFile } from './users.ts'

/** Returns the texts of the files that only such projects have, by name. */
export function loginFiles(project: Project): Record<string, string> {
  const { login, language } = project
  if (login === 'none') return {}
  return {
    ...layoutFiles(project),
    [`app/users.${language}`]: usersFile(project),
    [`app/login.${language}`]: login === 'password' ? passwordLogin(project) : googleLogin(project),
  }
}

/** The line of the front page that leads to the login. */
export const loginLinks = ({ login }: Project): string => {
  if (login === 'none') return ''
  const signUp = login === 'password' ? ', <a href="/sign-up">sign up</a>' : ''
  return `\n<p><a href="/login">Log in</a>${signUp} or see <a href="/account">your account</a></p>`
}

/** The part of config.ts, with what has to stand in front of it. */
export const loginConfig = ({ login, language }: Project): { front: string; section: string } => {
  if (login === 'none') return { front: '', section: '' }
  const google = `
    providers: {
      google: {
        clientId: GOOGLE_CLIENT_ID ?? missing,
        clientSecret: GOOGLE_CLIENT_SECRET ?? missing,
        redirectUri: GOOGLE_REDIRECT_URI ?? 'http://localhost:8080/login/google',
      },
    },`
  const variables = `
// Development starts without them, though Google then knows no such client; production does not start.
const { GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, GOOGLE_REDIRECT_URI, NODE_ENV } = process.env
const missing = NODE_ENV === 'production' ? '' : 'not set'
`
  return {
    front: `import { findUser } from './app/users.${language}'\n${login === 'google' ? variables : ''}`,
    section: `
  'tipfy/ext/auth': {
    loadUser: findUser,${login === 'google' ? google : ''}
  },`,
  }
}

export function loginRules({ login }: Project): string[] {
  if (login === 'none') return []
  const own =
    login === 'password'
      ? ["new Rule('/sign-up', { endpoint: 'sign-up', handler: 'login:SignUp' })"]
      : ["new Rule('/login/google', { endpoint: 'login/google', handler: 'login:GoogleCallback' })"]
  return [
    "new Rule('/login', { endpoint: 'login', handler: 'login:Login' })",
    ...own,
    "new Rule('/account', { endpoint: 'account', handler: 'login:Account', auth: true })",
  ]
}

const account = (project: Project) => `export class Account extends RequestHandler {
  async get() {
    const user = await currentUser()
    return page(\`Hello, \${user${typed(project, '!')}.name}\`, html\`<form method="post">\${token()}<button>Log out</button></form>\`)
  }

  async post() {
    await logout()
    return redirect('/login', 303)
  }
}
`

const passwordLogin = (project: Project) => `// Logging in by password: docs/login.md of tipfy explains it.
import { html, RequestHandler, redirect, request } from 'tipfy'
import { currentUser, hashPassword, login, loginWithPassword, logout, nextPath } from 'tipfy/ext/auth'
${layoutImport(project, 'page, token')}import { addUser, findByName, saveUser } from './users.${project.language}'

const form = (title${typed(project, ': string')}, autocomplete${typed(project, ': string')}, problem = '') =>
  page(
    title,
    html\`<p role="status">\${problem}</p>
<form method="post">
  \${token()}
  <label>Name <input name="name" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="\${autocomplete}" required></label>
  <label class="check"><input name="remember" type="checkbox"> Remember me</label>
  <button>\${title}</button>
</form>
<p><a href="/login">Log in</a> or <a href="/sign-up">sign up</a></p>\`,
  )

async function readForm() {
  const given = await request.form()
  return {
    name: given.get('name')?.trim() ?? '',
    password: given.get('password') ?? '',
    remember: given.has('remember'),
  }
}

export class Login extends RequestHandler {
  get() {
    return form('Log in', 'current-password')
  }

  async post() {
    const { name, password, remember } = await readForm()
    const user = await findByName(name)
    const saveHash = (passwordHash${typed(project, ': string')}) => user && saveUser({ ...user, passwordHash })
    if (await loginWithPassword(name, password, user, { remember, saveHash })) return redirect(nextPath('/account'), 303)
    return form('Log in', 'current-password', 'That name and password do not belong together.')
  }
}

export class SignUp extends RequestHandler {
  get() {
    return form('Sign up', 'new-password')
  }

  async post() {
    const { name, password, remember } = await readForm()
    if (password.length < 12) return form('Sign up', 'new-password', 'A password has 12 characters or more.')
    if (name === '' || name.length > 100) return form('Sign up', 'new-password', 'A name has 1 to 100 characters.')
    const user = await addUser(name, await hashPassword(password))
    if (user === null) return form('Sign up', 'new-password', 'That name is taken.')
    await login(user.id, { remember })
    return redirect('/account', 303)
  }
}

${account(project)}`

const googleLogin = (
  project: Project,
) => `// Signing in with Google: docs/sign-in.md of tipfy explains it, and how to register the application with Google.
import { html, RequestHandler, redirect, request } from 'tipfy'
import { beginSignIn, completeSignIn, currentUser, login, logout, nextPath } from 'tipfy/ext/auth'
${layoutImport(project, 'page, token')}import { saveUser } from './users.${project.language}'

const form = (problem = '') =>
  page(
    'Log in',
    html\`<p role="status">\${problem}</p>
<form method="post">
  \${token()}
  <input type="hidden" name="next" value="\${nextPath('/account')}">
  <button>Sign in with Google</button>
</form>\`,
  )

export class Login extends RequestHandler {
  get() {
    return form()
  }

  async post() {
    return beginSignIn('google', { next: (await request.form()).get('next') ?? '/account' })
  }
}

export class GoogleCallback extends RequestHandler {
  async get() {
    const done = await completeSignIn('google')
    if (done === null) return form('That did not work. Please try again.')
    const { id, name, email } = done.identity
    await saveUser({ id, name: name ?? email ?? 'friend' })
    await login(id)
    return redirect(done.next, 303)
  }
}

${account(project)}`

export const loginTests = ({ login, ts }: Project): string => {
  if (login === 'none') return ''
  if (login === 'google') {
    return `
test('the account is for users who are signed in', async () => {
  const client = createClient(app, { headers: { accept: 'text/html' } })
  assert.match((await client.get('/account')).headers.get('location') ?? '', /^\\/login\\?next=/)
  assert.match((await client.get('/login')).text, /Sign in with Google/)
})
`
  }
  return `
const browser = () => createClient(app, { headers: { accept: 'text/html' } })
const post = async (client${ts ? ': ReturnType<typeof browser>' : ''}, path${ts ? ': string' : ''}, fields${ts ? ': Record<string, string>' : ''} = {}) => {
  const token = /name="_csrf" value="([^"]+)"/.exec((await client.get(path)).text)?.[1] ?? ''
  return client.post(path, { form: { _csrf: token, ...fields } })
}
const password = 'a long enough password'

test('a user signs up, logs out and logs in', async () => {
  const client = browser()
  const user = { name: \`user-\${Date.now()}\`, password }
  assert.match((await client.get('/account')).headers.get('location') ?? '', /^\\/login\\?next=/)
  await post(client, '/sign-up', user)
  assert.match((await client.get('/account')).text, /Hello, user-/)
  await post(client, '/account')
  assert.match((await post(client, '/login', { ...user, password: 'wrong' })).text, /do not belong together/)
  assert.equal((await post(client, '/login', user)).headers.get('location'), '/account')
})

test('of two who sign up at once with one name, one gets it', async () => {
  const user = { name: \`twin-\${Date.now()}\`, password }
  const both = await Promise.all([post(browser(), '/sign-up', user), post(browser(), '/sign-up', user)])
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 303])
})
`
}
