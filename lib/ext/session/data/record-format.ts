// The formats of stored records: what this version reads, and what it can write. A fleet is changed in two deploys: first to code
// that reads the new format and, by `recordFormat`, writes the old one, then to the new one.

/**
 * The formats of Datastore's records, by the property `format`; a record without it is of format 1.
 *
 * 1: `commits` is an array of texts. The builds from 25 November 2026 to 29 November write it as in format 2, but no `format`.
 * 2: `commits` is one text.
 */
export const recordFormats = [1, 2] as const

export type RecordFormat = (typeof recordFormats)[number]

export const newestFormat: RecordFormat = 2

/** Thrown for a record that a newer version of tipfy wrote: it is neither read nor written over. */
export class NewerFormat extends Error {
  override name = 'NewerFormat'

  constructor(format: number) {
    super(
      `a newer version of tipfy wrote the record, in format ${format}: this one reads formats up to ${newestFormat}`,
    )
  }
}

export const isReadable = (format: number): boolean => format <= newestFormat
