// Colours for code: comments, strings, words of the language. Enough to read by, with nothing to load.

const escapeHtml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const words =
  'abstract|as|async|await|break|case|catch|class|const|continue|declare|default|else|export|extends|finally|for|from|function|if|implements|import|in|instanceof|interface|let|module|new|null|of|override|private|readonly|return|static|super|switch|this|throw|true|false|try|type|typeof|undefined|var|void|while|yield'

const script = new RegExp(
  [
    '(?<comment>//[^\\n]*|/\\*[\\s\\S]*?\\*/)',
    '(?<string>\'(?:\\\\.|[^\'\\\\\\n])*\'|"(?:\\\\.|[^"\\\\\\n])*"|`(?:\\\\.|[^`\\\\])*`)',
    `(?<word>\\b(?:${words})\\b)`,
  ].join('|'),
  'g',
)
const shell = /(?<comment>(?:^|\s)#[^\n]*)|(?<string>'[^'\n]*'|"[^"\n]*")/gm

const languages: Record<string, RegExp> = {
  ts: script,
  js: script,
  json: script,
  sh: shell,
  yaml: shell,
  dockerfile: shell,
}

export function highlight(text: string, language: string): string {
  const pattern = languages[language]
  if (pattern === undefined) return escapeHtml(text)
  let html = ''
  let at = 0
  for (const match of text.matchAll(pattern)) {
    const [kind] = Object.entries(match.groups!).find(([, found]) => found !== undefined)!
    html += `${escapeHtml(text.slice(at, match.index))}<span class="${kind}">${escapeHtml(match[0])}</span>`
    at = match.index + match[0].length
  }
  return html + escapeHtml(text.slice(at))
}
