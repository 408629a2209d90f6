// The table of all errors that a user can cause. A message says what was given and what was wanted; the remedy says what to do.
// docs/errors.md is made from it.

const table = {
  TIPFY_E_IMPORT_STRING: {
    message: '"{text}" for {wantedBy} does not name a module and one of its exports',
    remedy: "Write 'module:Name', like '{example}'.",
  },
  TIPFY_E_IMPORT_NAME: {
    message: 'There is no "{given}" for {wantedBy}',
    remedy: "Write '{right}'.",
  },
  TIPFY_E_IMPORT_OURS: {
    message: 'tipfy has no {what} for {wantedBy}; {has}',
    remedy:
      'Correct the name, or remove it: docs/coming-from.md says what replaces the modules of the Python versions.',
  },
  TIPFY_E_MODULE_NOT_FOUND: {
    message: 'There is no module "{module}" for {wantedBy}; looked for {looked}',
    remedy: 'Create one of these files, or correct the name.',
  },
  TIPFY_E_EXPORT_NOT_FOUND: {
    message: '{file} has no export "{name}" for {wantedBy}; it exports {names}',
    remedy: 'Export it there, or correct the name.',
  },
  TIPFY_E_IMPORT_TYPE: {
    message: '{file} imports "{name}" from {module}, which exports no such value',
    remedy: 'If it is a type, import it with `import type`: Node strips types without looking into other files.',
  },
  TIPFY_E_IMPORT_EXTENSION: {
    message: '{file} imports {wanted}, but there is no such file',
    remedy: 'Write the full name, with its extension: {right}',
  },
  TIPFY_E_IMPORT_FILE: {
    message: '{file} imports {wanted}, but there is no such file',
    remedy: 'Correct the path, which is relative to the importing file, or create the file.',
  },
  TIPFY_E_IMPORT_SUBPATH: {
    message: '{file} imports {name}, which its package does not export',
    remedy: 'Import one of its exports: {parts}',
  },
  TIPFY_E_IMPORT_PACKAGE: {
    message: '{file} imports the package {name}, which is not installed',
    remedy: 'Install it: npm install {name}. To import a file of your own, write its path: ./…',
  },
  TIPFY_E_MODULE_TYPE: {
    message: '{file} is an ES module, but the package.json above it says that it is CommonJS',
    remedy: 'Write "type": "module" in package.json.',
  },
  TIPFY_E_SYNTAX: {
    message: '{file} cannot be read: {what}',
    remedy: 'Correct it there, or in a file that it imports.',
  },
  TIPFY_E_TYPESCRIPT_SYNTAX: {
    message: '{file} uses TypeScript that Node cannot strip: {what}',
    remedy:
      'Use `as const` objects for enums, fields for parameter properties, modules for namespaces, and no decorators (tsconfig: erasableSyntaxOnly).',
  },
  TIPFY_E_TYPESCRIPT_IN_NODE_MODULES: {
    message: 'Node does not strip types below node_modules, where {file} is',
    remedy: 'Import the package from its compiled JavaScript, or move the file out of node_modules.',
  },
  TIPFY_E_CONFIG_KEY: {
    message: 'The configuration of {module} has no key "{key}"',
    remedy: '{meant} Its keys are in the defaultConfig that {module} exports.',
  },
  TIPFY_E_CONFIG_SECTION: {
    message: "The configuration has a section '{section}', but tipfy has no such module",
    remedy: '{meant} A section of your own may have any name that does not begin with tipfy.',
  },
  TIPFY_E_CONFIG_VALUE: {
    message: "The configuration's {key} must be {wanted}, but is {given}",
    remedy: 'Correct it in config.ts.',
  },
  TIPFY_E_RATE_LIMIT_POLICY: {
    message: 'There is no rate limit "{name}"',
    remedy: '{meant} Others are added in config.ts, to the policies of tipfy/ext/security.rateLimit.',
  },
  TIPFY_E_RATE_LIMIT_KEY: {
    message: 'The key of the rate limit "{name}" is {given}, not a text',
    remedy: 'Pass a text that names who is limited, or nothing for the address of the request.',
  },
  TIPFY_E_RATE_LIMIT_STORE: {
    message: 'tipfy/ext/security.rateLimit.store is {given}, which is not there',
    remedy: 'Add {wanted}.',
  },
  TIPFY_E_CONFIG_SCHEMA: {
    message: "The configuration's {key} does not fit the schema of its module: {why}",
    remedy: 'Correct it in config.ts, or the `configSchema` that the module exports.',
  },
  TIPFY_E_URLS: {
    message: '{urls} must be a function that returns a list of rules, but gave {given}',
    remedy: 'Write `export const getRules = () => [new Rule(…)] as const` in urls.ts.',
  },
  TIPFY_E_NOT_A_HANDLER: {
    message: 'The handler "{handler}" of rule "{rule}" is {given}, not a class that extends RequestHandler',
    remedy:
      "Write `export class … extends RequestHandler`, or name a function or a method: 'module:function', 'module:Class.method'.",
  },
  TIPFY_E_MIDDLEWARE: {
    message: 'Entry {number} of `middleware` of the handler {handler} has no method that middleware has',
    remedy:
      'Write objects with beforeDispatch, afterDispatch or handleException; of a class make an object: new Class().',
  },
  TIPFY_E_MIDDLEWARE_PLACE: {
    message: '`middleware` of the handler {handler} is {given}, not a static list, so that none of it runs',
    remedy: 'Write `static override middleware = […]` in the class.',
  },
  TIPFY_E_METHOD_PLACE: {
    message: 'The handler {handler} has `{verb}` as {given}, which no request calls',
    remedy: 'Write it as a method of the class, without `static` and without `=`.',
  },
  TIPFY_E_METHOD_NAME: {
    message: 'The handler {handler} has a method `{given}`, which no request calls',
    remedy: 'Write its name in lower case: `{verb}`.',
  },
  TIPFY_E_INPUT: {
    message: '{where} is {given}, not an object with schemas',
    remedy: 'Write schemas by method and part: {example}.',
  },
  TIPFY_E_INPUT_METHOD: {
    message: '{where} names no method of the class',
    remedy: 'Name one of its methods, in lower case ({methods}), or add the method.',
  },
  TIPFY_E_INPUT_PART: {
    message: '{where} has "{part}", which is no part of its input',
    remedy: 'Use {allowed}. The variables of the rule are checked by its converters.',
  },
  TIPFY_E_INPUT_SCHEMA: {
    message: '{where} is {given}, not a Standard Schema',
    remedy: 'Pass a schema of zod 3.24, valibot 1, arktype 2 or later, or of another library that implements it.',
  },
  TIPFY_E_INPUT_RESULT: {
    message: 'The schema for `{part}` ({vendor}) returned {given}, not the result of a Standard Schema',
    remedy:
      'Its `validate` returns an object with `value`, or one with `issues`: a list of objects with `message` and `path`.',
  },
  TIPFY_E_HOOK_NAME: {
    message: 'There is no event "{name}" to hook into',
    remedy:
      '{meant} The events are posInitApp, preRunApp, preInitRequest, preDispatchHandler, preSendResponse and preHandleException; for one of your own use app.hooks.add().',
  },
  TIPFY_E_HOOK_EVENT: {
    message: 'The hook {hook} is in the event {event}, but belongs to {right}',
    remedy: 'Move it to {right} in the hooks of config.ts.',
  },
  TIPFY_E_HOOK_RETURNED: {
    message: 'The hook {hook} of {event} returned {given}',
    remedy: '{remedy}',
  },
  TIPFY_E_NOT_A_HOOK: {
    message: 'The hook{name} of {event} is {given}, not a function that can be called',
    remedy: "Give a function, or the name of an exported one: 'module:function'.",
  },
  TIPFY_E_ARGUMENT: {
    message: '{what} must be {wanted}, but is {given}',
    remedy: '{remedy}',
  },
  TIPFY_E_TEST_NOT_JSON: {
    message: 'The response of {url} is not JSON: {given}',
    remedy: "Look at its status first; `accept: 'application/json'` in the headers gets errors as JSON.",
  },
  TIPFY_E_OPTIONS: {
    message: 'The options of {owner} {problem}',
    remedy: 'They are an object with any of {names}.',
  },
  TIPFY_E_NOT_AN_APP: {
    message: '{owner}() was given {given}, not an application',
    remedy: 'Make one of the configuration: {owner}(makeApp(config)).',
  },
  TIPFY_E_PORT_NUMBER: {
    message: 'The port is {given}, which is no port number',
    remedy: 'Give a number from 0 to 65535; 0 takes a free port.',
  },
  TIPFY_E_PORT_IN_USE: {
    message: 'Port {port} on {host} is in use',
    remedy: 'Stop the program that uses it, or choose another port: --port {other}.',
  },
  TIPFY_E_WORKER: {
    message: 'A worker process ended before it served: {how}',
    remedy: 'Read its output above, or serve with one process (without --workers) to find out.',
  },
  TIPFY_E_PORT: {
    message: 'The environment variable PORT is {given}, which is no port number',
    remedy: 'Set PORT to a number from 0 to 65535, or use --port 8080.',
  },
  TIPFY_E_HOST: {
    message: 'This machine has no address {host} to listen on',
    remedy: 'Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses.',
  },
  TIPFY_E_PORT_DENIED: {
    message: 'This user may not listen on port {port} of {host}',
    remedy: 'Choose a port above 1023: --port 8080.',
  },
  TIPFY_E_REDIRECT: {
    message: '{code} is not the status of a redirect',
    remedy: 'Use 301, 302, 303, 307 or 308.',
  },
  TIPFY_E_REDIRECT_LOCATION: {
    message: 'The location of a redirect is {given}',
    remedy: "Give a path or a URL as text: redirect('/home'). redirectTo() takes the endpoint of a rule.",
  },
  TIPFY_E_CONFIG_FILE: {
    message: 'There is no config.ts (or .js, .mjs) in {folder}',
    remedy: 'Run this in the folder of an application, or make one: npx tipfy init my-shop',
  },
  TIPFY_E_CONFIG_EXPORT: {
    message: '{file} exports no `config`',
    remedy: 'Write `export const config: Config = …` there.',
  },
  TIPFY_E_NODE_VERSION: {
    message: 'tipfy needs Node 22.18 or newer, and this is {version}',
    remedy: 'Install Node 24: https://nodejs.org',
  },
  TIPFY_E_TWO_COPIES: {
    message: 'Two copies of tipfy are loaded, from {one} and from {other}, which do not share their globals',
    remedy: 'Use one: see `npm ls tipfy`, and run the tipfy of the project itself (npx tipfy).',
  },
  TIPFY_E_DATA_FOLDER: {
    message: 'The folder {folder} cannot be used: {why}',
    remedy:
      "Let this user write there, or choose another folder: dataFolder of 'tipfy/ext/session' (--data for a command).",
  },
  TIPFY_E_OUTSIDE_REQUEST: {
    message: '`{name}` was used outside a request{where}',
    remedy:
      'Use it in code that a request runs (a handler, a hook, and what they await), use the promise form of a driver, or bind a callback to its request: bindContext(fn).',
  },
  TIPFY_E_HEADER_NAME: {
    message: '{name} is not a header name',
    remedy: "Use letters, digits and !#$%&'*+-.^_`|~ only.",
  },
  TIPFY_E_HEADER_TYPE: {
    message: 'The header {name} was given {given}, which has no text',
    remedy:
      'Give it a text, a number or a Date: await a promise first. Add several values one by one, with headers.add(); headers.delete() removes a header.',
  },
  TIPFY_E_HEADER_VALUE: {
    message: 'The header {name} cannot have the value {value}',
    remedy: 'Leave out control characters, line ends and characters beyond Latin-1, or encode them (encodeURI).',
  },
  TIPFY_E_COOKIE: {
    message: 'The cookie {name} cannot be set: {why}',
    remedy: 'Change its name, value or options: a browser would drop it.',
  },
  TIPFY_E_STATUS: {
    message: '{status} is not a status code that a response can have',
    remedy: 'Use a whole number from 200 to 599.',
  },
  TIPFY_E_ABORT_STATUS: {
    message: 'abort({status}): there is no HTTP error of that status',
    remedy: 'Use a registered status of errors, like 404 or 409, or give abort() a Response.',
  },
  TIPFY_E_RESPONSE_BODY: {
    message: 'The body of a response cannot be {given}',
    remedy: 'Set text or bytes, or give a stream or an iterable of them to response.stream().',
  },
  TIPFY_E_FOREIGN_NAME: {
    message: '`{what}` is a name of other frameworks',
    remedy: 'In tipfy it is {right}.',
  },
  TIPFY_E_NO_APP: {
    message: 'The application was asked for outside a request, and this process {known}',
    remedy:
      'In a script, make one first, makeApp(config), and run code of requests in withRequest() of tipfy/testing; where there are several, use the methods of one: app.getConfig().',
  },
  TIPFY_E_IMPORT_PLACE: {
    message: '{file} imports "{name}" from {module}, which does not export it',
    remedy: "Import it from '{right}'.",
  },
  TIPFY_E_READ_ONLY: {
    message: '`{what}` cannot be set',
    remedy: '{remedy}',
  },
  TIPFY_E_RESPONSE_SENT: {
    message: '{what} was set, but the headers of the response have been sent',
    remedy: 'Set it before the handler returns or, in a stream, before its first piece.',
  },
  TIPFY_E_RESPONSE_CONSUMED: {
    message: '{what} was read before it was returned, so that nothing of it is left to send',
    remedy: 'Return it unread, or return what was read. Of a web Response a clone() can be read as well.',
  },
  TIPFY_E_RESPONSE_STREAMS: {
    message: '`response.data` was read, but this response streams',
    remedy: 'Read `response.body`, or set `response.data` to text or bytes instead.',
  },
  TIPFY_E_HTML_VALUE: {
    message: 'html`…` was given {given}, which has no text',
    remedy:
      'Await a promise, call a function, or put in a text, a number, a list or another html`…`; html.json() writes data for a script.',
  },
  TIPFY_E_HTML_URL: {
    message: 'An address for html.url() has the scheme {scheme}:',
    remedy:
      'Addresses that users send may be http, https, ftp, mailto, tel or sms. Put in one that you trust as it is.',
  },
  TIPFY_E_STATIC_FOLDER: {
    message: 'There is no folder {folder} to serve files from',
    remedy: 'Create it, or correct the path, which is relative to the root of the application.',
  },
  TIPFY_E_BODY_TAKEN: {
    message: 'The body of the request was already read by `request.{how}`',
    remedy: 'Read it once and keep what you need; bytes(), text() and json() keep the body themselves.',
  },
  TIPFY_E_EVENT_FIELD: {
    message: 'The {field} of an event is {given}, which has a line break',
    remedy: 'Leave line breaks and NUL out of it; `data` may have several lines.',
  },
  TIPFY_E_STREAM_CHUNK: {
    message: 'A streamed body yielded {given}',
    remedy: 'Yield only text, bytes (Uint8Array), or what html returns.',
  },
  TIPFY_E_STREAM_LENGTH: {
    message: 'A streamed body has {given} bytes but its Content-Length is {length}',
    remedy: 'Set the right Content-Length, or none.',
  },
  TIPFY_E_JSON_PROMISE: {
    message: 'JSON was to be made of a value with a promise in it, at `{path}`, which would be an empty object',
    remedy: 'Await the promise first.',
  },
  TIPFY_E_JSON_VALUE: {
    message: 'JSON was to be made of a value with {what} in it, at `{path}`',
    remedy: 'Write a BigInt as text, String(n), a Map or a Set as a list, [...map], and what is in a circle by an id.',
  },
  TIPFY_E_JSON_ELEMENT: {
    message: 'JSON was to be made of an element of {library} that is not rendered{where}',
    remedy: 'Return the text that its renderToString() or render() makes of it.',
  },
  TIPFY_E_HANDLER_RETURNED: {
    message: 'A handler returned {given}, which cannot become a response',
    remedy: 'Return nothing, text, bytes, a stream, a plain object or array (JSON), a Response or an HTTPException.',
  },
  TIPFY_E_REQUEST_FINISHED: {
    message: '`{name}` was used after its request ended: {request} finished {age} ago{where}',
    remedy:
      'Await the work inside the handler, or copy what it needs into a variable. A task that waited in a queue, and a callback that requests share, may run as another request: bind it, bindContext(fn).',
  },
  TIPFY_E_SESSION_VALUE: {
    message: '`{path}` cannot be kept in a session: it is {what}',
    remedy:
      'Keep plain values: JSON, Date, Map, Set, BigInt, Uint8Array. Of an object of a class keep its id or its plain fields.',
  },
  TIPFY_E_SESSION_DEPTH: {
    message: '`{path}` cannot be kept in a session: it is more than {maxDepth} objects deep',
    remedy: 'Keep a flatter structure, for example a list of nodes with the ids of their parents.',
  },
  TIPFY_E_SESSION_DATA: {
    message: 'The stored data of a session could not be read: it is not what this version of tipfy writes',
    remedy: 'It is treated as no session. Look for another program that writes to the same place, or clear it.',
  },
  TIPFY_E_SESSION_RESERVED: {
    message: '`session.{key}` is a method or a name that every object has, and cannot be data',
    remedy: "Write session.set('{key}', value) and session.get('{key}'), which take any name, or choose another one.",
  },
  TIPFY_E_SESSION_CONFIG: {
    message: "'tipfy/ext/session': `{key}` is {given}, but must be {wanted}",
    remedy: 'Correct it in config.ts.',
  },
  TIPFY_E_SECRET_KEY: {
    message: "'tipfy/ext/session': `secretKey` cannot be used: {problem}",
    remedy:
      'Make one with `npx tipfy secret`, keep it in the environment and read it in config.ts: process.env.SECRET_KEY.',
  },
  TIPFY_E_SESSION_SENT: {
    message: 'The session was changed after the headers of the response had been sent, too late to be saved',
    remedy: 'Change it before the handler returns, or before a stream yields its first piece.',
  },
  TIPFY_E_SESSION_TOO_LARGE: {
    message: 'The session needs a cookie of {bytes} bytes, and {limit} are allowed ({sizes})',
    remedy: 'Keep less in it, or use datastore sessions (setDatastoreSession): only an id travels then.',
  },
  TIPFY_E_SESSION_INSECURE: {
    message: 'The cookie {name} may be sent over https only, and this request came over plain http',
    remedy: "Serve over https (behind a proxy: set tipfy.trustedProxies), or set cookie.secure to 'auto'.",
  },
  TIPFY_E_SESSION_HOOK: {
    message: '`{name}` was used, but no session is set up',
    remedy:
      "Add 'tipfy/ext/session:setDatastoreSession' (or setSecureCookieSession) to the posInitApp hooks in config.ts.",
  },
  TIPFY_E_SESSION_HOOK_CALLED: {
    message: '{name}() was called without an application',
    remedy: "Name the hook in config.ts, and do not call it: posInitApp: 'tipfy/ext/session:{name}'.",
  },
  TIPFY_E_SESSION_HOOKS: {
    message: 'Two hooks choose the backend of the sessions',
    remedy:
      'Keep one of setDatastoreSession and setSecureCookieSession; sessionStore.getSession() opens others of either kind.',
  },
  TIPFY_E_SESSION_AHEAD: {
    message: 'A session was changed whose cookie {name} was issued in the future, by the clock of this process',
    remedy: 'Synchronise the clocks of the machines (NTP): they may differ by a minute at most.',
  },
  TIPFY_E_SESSION_EARLY: {
    message: 'The session was used before it was loaded',
    remedy:
      'Use it in preDispatchHandler hooks or later, not in preInitRequest, check hasSession() before, and await sessionStore.getSession().',
  },
  TIPFY_E_SESSION_FUNCTION: {
    message: "'tipfy/ext/session': `{name}` must return the data of the session, an object, but returned {given}",
    remedy: 'It is synchronous: await elsewhere, and return the data.',
  },
  TIPFY_E_SESSION_OFF: {
    message: '`{name}` was used by a request whose rule loads no session ({rule})',
    remedy: 'Check hasSession() first, or let the rule load a session.',
  },
  TIPFY_E_SESSION_COOKIE_KIND: {
    message: '`sessionStore.{method}` cannot work with secure-cookie sessions: the server keeps no list of them',
    remedy: 'Use datastore sessions (setDatastoreSession) where sessions must be listed or revoked.',
  },
  TIPFY_E_SESSION_UPDATE: {
    message: '`sessionStore.update()` takes a function that returns nothing, but was given {given}',
    remedy: 'Only change the given data in the function, which may run again; await what it needs before.',
  },
  TIPFY_E_SESSION_CSRF_NOT_AWAITED: {
    message: '`sessionStore.checkCsrf()` was called, and its result was not awaited',
    remedy:
      "Write `await sessionStore.checkCsrf()`, or name 'tipfy/ext/session:checkCsrf' as a preDispatchHandler hook.",
  },
  TIPFY_E_SESSION_NOT_OPEN: {
    message: 'The session {name} is not open in this request',
    remedy: "Open it first: await sessionStore.getSession('{name}', …).",
  },
  TIPFY_E_SESSION_COOKIES: {
    message: 'The cookies of this site would have {bytes} bytes together, but only {limit} are safe to send',
    remedy: 'Node rejects every request with larger headers. Keep less in cookies, or use datastore sessions.',
  },
  TIPFY_E_DATASTORE_PACKAGE: {
    message: 'The package @google-cloud/datastore is not installed: needed by {user}',
    remedy: "Run: npm install '@google-cloud/datastore@{range}'. Embedded sessions do without.",
  },
  TIPFY_E_SESSION_DATASTORE: {
    message: 'There is no Datastore, and production uses an embedded one only if configured',
    remedy:
      "Set GOOGLE_CLOUD_PROJECT (or DATASTORE_EMULATOR_HOST), or datastore: 'embedded' in config.ts (mode: 'embedded' of openDatastore). Sessions can do without one: setSecureCookieSession.",
  },
  TIPFY_E_DATASTORE_MODE: {
    message: 'The option `mode` of openDatastore is {given}',
    remedy: "Write 'auto', 'embedded' or 'cloud', or leave it out.",
  },
  TIPFY_E_DATASTORE_APP: {
    message: 'getDatastore() knows no application whose Datastore it could return',
    remedy:
      'Call it in a request, in a hook, or where makeApp() has made exactly one application; pass the application where there are several: getDatastore(app). Without one use openDatastore().',
  },
  TIPFY_E_TRANSACT: {
    message: 'transact() was given {given} as `{key}`',
    remedy: 'Give {wanted}.',
  },
  TIPFY_E_SESSION_EXPIRATION: {
    message: 'A session cannot expire after {given} seconds',
    remedy: 'Give a number of seconds above 0, or null for the configured one.',
  },
  TIPFY_E_SESSION_USER: {
    message: 'The id of a user must be a text, but is {given}',
    remedy: 'Write String(id) for a number, and null for no user.',
  },
  TIPFY_E_SESSION_BACKEND: {
    message: 'The session {name} was opened with backend {backend}',
    remedy: "Use 'securecookie' or 'datastore', and always the same one for one name.",
  },
  TIPFY_E_SESSION_MODIFIED: {
    message: '`session.modified` was set, which would be data of the session',
    remedy:
      "Remove the line: every change is found by comparing with what is stored. To keep data of that name, write session.set('modified', value).",
  },
  TIPFY_E_SESSION_NAME: {
    message: 'No session can be called {name}: that is the cookie behind the CSRF tokens',
    remedy: 'Choose another name, or another csrfCookieName in config.ts.',
  },
  TIPFY_E_SESSION_STORE_UNAVAILABLE: {
    message: 'The session could not be {what}: {why}',
    remedy: 'Try again shortly. If it stays so, check {check}.',
  },
  TIPFY_E_SESSION_STORE_REFUSED: {
    message: 'The session could not be {what}, and another try will not help: {why}',
    remedy: 'Check {check}.',
  },
  TIPFY_E_SESSION_CREDENTIALS: {
    message: 'Google Cloud Datastore cannot be used without credentials and a project: {why}',
    remedy:
      'Run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or DATASTORE_EMULATOR_HOST.',
  },
  TIPFY_E_SESSION_RECORD_TOO_LARGE: {
    message: 'The session holds {size} bytes, and Datastore keeps {limit}',
    remedy: 'Keep large data elsewhere, and only its id in the session.',
  },
  TIPFY_E_RULE_SLASH: {
    message: 'The rule `{rule}` does not begin with a slash',
    remedy: 'Write the path of a URL: `/{rule}`.',
  },
  TIPFY_E_RULE_MALFORMED: {
    message: 'The rule `{rule}` cannot be parsed from `{at}` on',
    remedy:
      'Write variables as `<name>`, `<converter:name>` or `<converter(arguments):name>`; `<` has no other meaning.',
  },
  TIPFY_E_RULE_VARIABLE_TWICE: {
    message: 'The rule `{rule}` has the variable `{name}` twice',
    remedy: 'Give every variable of the path and of the subdomain or host a name of its own.',
  },
  TIPFY_E_RULE_CONVERTER_UNKNOWN: {
    message: 'The rule `{rule}` uses the converter `{converter}`, which the map does not have',
    remedy: 'Use one of {known}, or add your own to the `converters` of the map.',
  },
  TIPFY_E_RULE_CONVERTER: {
    message: 'The rule `{rule}` cannot make its converter `{converter}`: {reason}',
    remedy: 'Correct the arguments between the parentheses (or the regex, if the converter is your own).',
  },
  TIPFY_E_RULE_DEFAULT: {
    message: 'The rule `{rule}` has a default for `{name}` that its converter does not accept: {reason}',
    remedy: 'Give a default that the variable could have.',
  },
  TIPFY_E_RULE_OPTION: {
    message: '{owner} has no option `{option}`',
    remedy: '{meant} Its options are {known}.',
  },
  TIPFY_E_RULE_VALUE: {
    message: '{what} must be {wanted}, but is {given}',
    remedy: 'Correct it where the rules are made or the URL is built.',
  },
  TIPFY_E_RULE_AUTH: {
    message: 'The rule `{rule}` has the option `auth`, but nothing checks it',
    remedy: "Add 'tipfy/ext/auth:requireUser' to the preDispatchHandler hooks in config.ts.",
  },
  TIPFY_E_RULE_BODY_SIZE: {
    message: 'The option maxBodySize of rule "{rule}" is {given}',
    remedy: 'Write a whole number of bytes above 0, like 50_000_000.',
  },
  TIPFY_E_RULE_AUTH_OPTION: {
    message: 'The rule `{rule}` cannot have auth: {given}',
    remedy: "Write true, 'fresh' or a function, and not together with session: false, or leave it out.",
  },
  TIPFY_E_RULE_DEVICE: {
    message: "The rule `{rule}` has deviceBound: 'required', but no session is bound to a device here",
    remedy:
      "Set deviceBound: true in the section 'tipfy/ext/session', with one of the hooks setDatastoreSession and setSecureCookieSession.",
  },
  TIPFY_E_RULE_DEVICE_OPTION: {
    message: 'The rule `{rule}` cannot have deviceBound: {given}',
    remedy: "Write deviceBound: 'required', and not together with session: false, or leave it out.",
  },
  TIPFY_E_RULE_METHODS: {
    message: 'The rule `{rule}` has `methods` that are not a list of texts',
    remedy: "Write them as an array: ['GET', 'POST'].",
  },
  TIPFY_E_ENTRY_POINT: {
    message: '`tipfy.appsEntryPoints` names `{app}`, which is not in `tipfy.appsInstalled`',
    remedy: 'Install it there too, or correct the name.',
  },
  TIPFY_E_RULE_TEMPLATE: {
    message: 'The rule template `{rule}` was filled in without a value for `${name}`',
    remedy: 'Give one for each placeholder; write `$$` for a dollar sign.',
  },
  TIPFY_E_RULE_REDIRECT: {
    message: 'The rule `{rule}` redirects to `{target}`, but has no variable `{name}`',
    remedy: 'Use the names of its own variables between `<` and `>`.',
  },
  TIPFY_E_RULE_TARGET: {
    message: '`redirectTo` of the rule `{rule}` returned {given}',
    remedy: 'Return a text: a path, or a URL that begins with http:// or https://. Promises are not awaited.',
  },
  TIPFY_E_RULE_UNBOUND: {
    message: 'The rule `{rule}` is not part of a map yet, so its converters are not known',
    remedy: 'Use the rules of a map: new UrlMap(rules).rules().',
  },
  TIPFY_E_RULE_BOUND: {
    message: 'The rule `{rule}` already belongs to a map',
    remedy: 'Make another one for the other map: call getRules() again, or use rule.copy().',
  },
  TIPFY_E_BIND_SUBDOMAIN: {
    message: 'A map with `hostMatching` cannot be bound to a subdomain',
    remedy: 'Leave out `subdomain` and give the whole host as `serverName`.',
  },
  TIPFY_E_BUILD: {
    message: 'No URL can be built for the endpoint {endpoint}',
    remedy: '{advice}',
  },
  TIPFY_E_DATA_CONCURRENCY: {
    message: 'The data in {folder} was created with the concurrency mode {found}, and {wanted} was asked for',
    remedy: 'Leave the mode out to use that of the data, or choose another folder: a mode is for life.',
  },
  TIPFY_E_DATA_FORMAT: {
    message: 'The data in {folder} has format {found}, and this version of tipfy reads {wanted}',
    remedy: 'Move the folder away to start with an empty one, or use the version of tipfy that wrote it.',
  },
  TIPFY_E_LOG_FIELDS: {
    message: 'request.addLogFields() was given {given}',
    remedy: "Give an object of names and values: request.addLogFields(…) with user: 'ann', for example.",
  },
  TIPFY_E_LOG_FIELD_TAKEN: {
    message: 'The access log has a field `{name}` of its own',
    remedy: 'Give yours another name in request.addLogFields().',
  },
  TIPFY_E_WATCH: {
    message: 'The folder {folder} cannot be watched for changes: {why}',
    remedy: 'Raise the limit (on Linux fs.inotify.max_user_watches and max_user_instances), or restart by hand.',
  },
  TIPFY_E_INIT_FOLDER: {
    message: 'No project can be made in {folder}: {why}',
    remedy: 'Name a folder that is new or empty, where this user may write.',
  },
  TIPFY_E_INIT_INSTALL: {
    message: 'The project in {folder} was made, but npm install failed there (see above)',
    remedy: 'Check the network, then run npm install in that folder.',
  },
  TIPFY_E_INIT_BROKEN_OFF: {
    message: 'No project was made: the questions were not answered',
    remedy: 'Answer them, or use --yes for the defaults.',
  },
  TIPFY_E_SESSION_NOT_STORED: {
    message: 'This application does not store its sessions: their data is in cookies',
    remedy: 'Only datastore sessions (setDatastoreSession) can be listed and ended from here.',
  },
  TIPFY_E_SESSION_ID: {
    message: '{problem} whose id begins with {id}',
    remedy: 'Look at `tipfy sessions ls` (with --all for expired and ended ones), and give more of the id.',
  },
  TIPFY_E_AUTH_CONFIG: {
    message: "The configuration's tipfy/ext/auth.{key} {problem}",
    remedy: '{remedy}',
  },
  TIPFY_E_AUTH_PACKAGE: {
    message: '{feature} need the package {name}, which is not installed',
    remedy: 'Install it: npm install {name}',
  },
  TIPFY_E_AUTH_PROVIDER: {
    message: 'There is no provider "{name}" to sign in with; configured: {names}',
    remedy: "Correct the name, or add it to providers in the section 'tipfy/ext/auth' of config.ts.",
  },
  TIPFY_E_AUTH_NOT_SET: {
    message: '{name} was called, but the configuration has no tipfy/ext/auth.{key}',
    remedy: 'Set it in config.ts, as the page on logins shows.',
  },
  TIPFY_E_PASSWORD_HASH: {
    message: 'This Node ({version}) cannot compute a password hash of the kind {hash}',
    remedy:
      'Use Node 24.7 or later for argon2id, or set the algorithm to scrypt where versions of Node are mixed; other kinds are unknown.',
  },
  TIPFY_E_PASSKEY_USER: {
    message: 'The id of a user of passkeys has {bytes} bytes',
    remedy: 'Give beginPasskey an id of 1 to 64 bytes; browsers make no passkey for another one.',
  },
  TIPFY_E_PASSWORD_LENGTH: {
    message: 'A password is empty or longer than {max} bytes',
    remedy: 'Check its length before it is hashed, and tell the user.',
  },
} as const satisfies Record<`TIPFY_E_${string}`, { message: string; remedy: string }>

/** The code of an error in the table: stable, for programs to match. */
export type ErrorCode = keyof typeof table

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never

/** The values of the placeholders in an error's message and remedy. */
export type ErrorValues<Code extends ErrorCode> = {
  [Name in Names<(typeof table)[Code]['message' | 'remedy']>]: string | number
}

type Arguments<Code extends ErrorCode> = [Names<(typeof table)[Code]['message' | 'remedy']>] extends [never]
  ? [values?: undefined, options?: ErrorOptions]
  : [values: ErrorValues<Code>, options?: ErrorOptions]

function fill(text: string, values: Record<string, string | number> | undefined): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values?.[name] ?? ''))
}

/**
 * An error from the table, with its code and remedy.
 *
 * @example
 * throw new TipfyError('TIPFY_E_OUTSIDE_REQUEST', { name: 'session', where: '' })
 */
export class TipfyError<Code extends ErrorCode = ErrorCode> extends Error {
  override name = 'TipfyError'
  /** Like 'TIPFY_E_OUTSIDE_REQUEST'; each is explained on the page of errors. */
  readonly code: Code
  /** The remedy in a sentence; also part of `message`. */
  readonly remedy: string

  constructor(code: Code, ...[values, options]: Arguments<Code>) {
    const { message, remedy } = table[code]
    const filled = fill(remedy, values).trimStart()
    super(`${fill(message, values).replace(/\.$/, '')}. ${filled}`, options)
    this.code = code
    this.remedy = filled
  }
}

/** The table, for the page of errors. */
export const errorTable: Readonly<Record<ErrorCode, { message: string; remedy: string }>> = table
