// Draws who says what to whom, from top to bottom, as SVG: small enough to be read in a diff, light and dark by the
// reader's wish.

/** Somebody's line, from left to right in the order given. */
type Actor = string

/** `from` says `text` to `to`; or, with `note`, does something by itself. */
type Event = Message | Note

interface Message {
  from: Actor
  to: Actor
  text: string
  answer?: boolean
  fails?: boolean
}

interface Note {
  at: Actor
  note: string
  good?: boolean
}

export interface Sequence {
  title: string
  actors: readonly Actor[]
  events: readonly Event[]
}

const column = 210
const margin = 90
const top = 74
const row = 34

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const style = `.ground{fill:#fff}text{font:13px system-ui,sans-serif;fill:#1d2025}.soft{fill:#5a6069}.line{stroke:#c4c9d1}.arrow{stroke:#0950b8;fill:none}
.answer{stroke-dasharray:4 3}.fails{stroke:#b3261e}.fail{fill:#b3261e}.box{fill:#f2f4f7;stroke:#c4c9d1}.good{fill:#e5f4e8;stroke:#146c2e}
@media(prefers-color-scheme:dark){.ground{fill:#17191e}text{fill:#e4e6ea}.soft{fill:#a3a9b3}.line{stroke:#4a505b}.arrow{stroke:#85b6ff}.fails{stroke:#ff9a90}
.fail{fill:#ff9a90}.box{fill:#262a32;stroke:#4a505b}.good{fill:#173322;stroke:#67d384}}`

export function drawSequence({ title, actors, events }: Sequence): string {
  const x = (actor: Actor) => margin + actors.indexOf(actor) * column
  const width = margin * 2 + (actors.length - 1) * column
  const height = top + events.length * row + 16
  const heads = actors.map(
    (actor) => `<rect class="box" x="${x(actor) - 75}" y="30" width="150" height="26" rx="5"/>
<text x="${x(actor)}" y="48" text-anchor="middle">${escapeXml(actor)}</text>
<path class="line" d="M${x(actor)} 56V${height}"/>`,
  )
  const drawn = events.map((event, at) => {
    const y = top + at * row + 14
    return 'note' in event ? drawNote(event, x(event.at), y) : drawMessage(event, x(event.from), x(event.to), y)
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<title>${escapeXml(title)}</title>
<style>${style}</style>
<rect class="ground" width="100%" height="100%" rx="6"/>
<text class="soft" x="15" y="18">${escapeXml(title)}</text>
${[...heads, ...drawn].join('\n')}
</svg>
`
}

function drawNote({ note, good }: Note, x: number, y: number): string {
  const width = note.length * 6.6 + 20
  return `<rect class="${good ? 'good' : 'box'}" x="${x - width / 2}" y="${y - 14}" width="${width}" height="22" rx="11"/>
<text x="${x}" y="${y + 1}" text-anchor="middle">${escapeXml(note)}</text>`
}

function drawMessage({ text, answer, fails }: Message, from: number, to: number, y: number): string {
  const way = Math.sign(to - from)
  const end = to - way * 2
  const kind = `arrow${answer ? ' answer' : ''}${fails ? ' fails' : ''}`
  return `<path class="${kind}" d="M${from} ${y + 4}H${end}m${-way * 6} -4l${way * 6} 4l${-way * 6} 4"/>
<text x="${(from + to) / 2}" y="${y - 2}" text-anchor="middle"${fails ? ' class="fail"' : ''}>${escapeXml(text)}</text>`
}
