// Markdown, as far as the site, its tests and the generated pages need to know it.

/** The anchor of a heading, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/<[^>]+>|[`*]/g, '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

/** The anchors of a page. */
export function anchorsOf(markdown: string): string[] {
  const text = markdown.replace(/^```[\s\S]*?^```/gm, '')
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading!))
}

export interface Section {
  title: string
  /** The pages it links to, in their order: `text` is that of the link, `page` like `rules.md`. */
  links: { text: string; page: string }[]
}

/** The sections of the front page, docs/README.md: the menu of the site and the contents of llms.txt. */
export function sectionsOf(front: string): Section[] {
  return front
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.split('\n', 1)[0]!,
      links: [...section.matchAll(/\[([^\]]+)\]\(([\w-]+\.md)\)/g)].map(([, text, page]) => ({
        text: text!.replaceAll('`', ''),
        page: page!,
      })),
    }))
}
