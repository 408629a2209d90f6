// `tipfy openapi`: writes the rules and the schemas of their handlers as an OpenAPI document.
import { describeApp } from '../app/openapi/document.ts'
import { loadSections } from '../app/sections.ts'
import { loadRules } from '../app/setup.ts'
import { withApp } from './load-app.ts'
import { printError, printJson } from './output.ts'

export function openapiCommand(): Promise<void> {
  return withApp(async (app) => {
    await loadSections(app)
    app.urlMap = await loadRules(app)
    const { document, problems } = await describeApp(app)
    for (const problem of problems) printError(`Left open: ${problem}`)
    printJson(document)
  })
}
