// What runs of node:http, without what an `import` of it brings along: that reads every name the module has, WebSocket among
// them, and so loads a whole client for HTTP: 12 MB and 25 ms at each start (docs/performance.md).
export const { createServer, IncomingMessage, maxHeaderSize, METHODS, STATUS_CODES } =
  process.getBuiltinModule('node:http')
