// The frame of a new project's pages: in the front page where that is the only one, else in a file of its own.
import { type Project, typed } from './project.ts'
import { style } from './style.ts'

const frame = (title: string, body: string) => `html\`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
${style}
<main>
<h1>${title}</h1>
${body}
</main>
</html>
\``

const token = `/** The field that the hook checkCsrf wants in each form: other sites do not know its value. */
function token() {
  return html\`<input type="hidden" name="_csrf" value="\${sessionStore.csrfToken()}">\`
}
`

const hasLayout = ({ login }: Project) => login !== 'none'

/** Returns the file of the layout, by name, where several pages use it. */
export const layoutFiles = (project: Project): Record<string, string> =>
  hasLayout(project)
    ? {
        [`app/layout.${project.language}`]: `// The layout of all pages, and what every form needs.
import { html } from 'tipfy'
import { sessionStore } from 'tipfy/ext/session'

export function page(title${typed(project, ': string')}, body${typed(project, ': ReturnType<typeof html>')}) {
  return ${frame('${title}', '${body}')}
}

${token.replace('function', 'export function')}`,
      }
    : {}

/** Returns the import of `names` from the layout. */
export const layoutImport = (project: Project, names: string): string =>
  hasLayout(project) ? `import { ${names} } from './layout.${project.language}'\n` : ''

/** Returns the code of a whole page. */
export const pageOf = (project: Project, title: string, body: string): string =>
  hasLayout(project) ? `page(\n      '${title}',\n      html\`${body}\`,\n    )` : frame(title, body)

/** Returns the function `token`, where it is not imported. */
export const tokenOf = (project: Project): string => (hasLayout(project) ? '' : `\n${token}`)
