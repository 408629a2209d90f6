// Standard Schema (https://standardschema.dev), version 1: the interface that zod, valibot, arktype and others implement.

/** A schema of any library that implements Standard Schema: zod from 3.24, valibot from 1, arktype from 2 and others. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaProps<Input, Output>
}

/** The part of a schema that does not depend on its library. */
export interface StandardSchemaProps<Input = unknown, Output = Input> {
  readonly version: 1
  /** The name of the library. */
  readonly vendor: string
  /** Returns the value, converted, or the issues; now or later. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
  /** Writes the schema as JSON Schema: zod from 4.2, arktype from 2.1.28, valibot by `toStandardJsonSchema` of its own package. */
  readonly jsonSchema?: StandardJsonSchema | undefined
  /** For the compiler only. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined
}

/** Standard JSON Schema (https://standardschema.dev/json-schema). Throws for what JSON Schema cannot say. */
export interface StandardJsonSchema {
  /** Of the values that are given to the schema. */
  readonly input: (options: JsonSchemaOptions) => Record<string, unknown>
}

/** The dialect of JSON Schema, and options for the library. */
export interface JsonSchemaOptions {
  readonly target: 'draft-2020-12'
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** The result of a schema: it failed if there are issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

/** A reason why a value is not valid. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The type of the values that a schema returns. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>['output']

/** Returns true for a schema of any library; arktype's are functions. */
export function isSchema(value: unknown): value is StandardSchema {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  const props = (value as Partial<StandardSchema>)['~standard']
  return props?.version === 1 && typeof props.validate === 'function'
}
