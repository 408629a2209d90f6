// Types of an application's rules: its endpoints and the types of their variables, inferred from the literals in urls.ts.
// Nothing here exists at run time.
import type { Rule } from './rule.ts'
import type { FilledTemplate } from './template.ts'
import type { FieldList, Values } from './types.ts'
import type { EndpointPrefix, HandlerPrefix, Subdomain, Submount } from './wrappers.ts'

/**
 * Augmented by an application with the type of its rules, and optionally with `converters: typeof converters`; without that,
 * values of your own converters are `unknown`.
 *
 * @example
 * declare module 'tipfy' {
 *   interface Register { rules: ReturnType<typeof getRules> }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications augment it
export interface Register {}

// --- a path's variables ---

type Trim<Text extends string> = Text extends ` ${infer Rest}`
  ? Trim<Rest>
  : Text extends `${infer Rest} `
    ? Trim<Rest>
    : Text

type Items<Text extends string> = Text extends ` ${infer Rest}`
  ? Items<Rest>
  : Text extends `"${infer Item}"${infer Rest}` | `'${infer Item}'${infer Rest}`
    ? Item | Items<AfterComma<Rest>>
    : Text extends `${infer Item},${infer Rest}`
      ? Trim<Item> | Items<Rest>
      : Text extends ''
        ? never
        : Trim<Text>

type AfterComma<Text extends string> = Text extends `${string},${infer Rest}` ? Rest : ''

type CustomValue<Name> = Register extends { converters: infer Classes }
  ? Name extends keyof Classes
    ? Classes[Name] extends new (
        ...args: never[]
      ) => { toValue(text: string): infer Value }
      ? Value
      : unknown
    : unknown
  : unknown

interface ConverterValues {
  default: string
  string: string
  path: string
  uuid: string
  int: number
  float: number
}

type ConverterValue<Name extends string> = Name extends keyof ConverterValues
  ? ConverterValues[Name]
  : CustomValue<Name>

/** `name`, `converter:name` or `converter(arguments):name`. */
type Variable<Text extends string> = Text extends `${infer Converter}(${infer Args}):${infer Name}`
  ? { [N in Name]: Converter extends 'any' ? Items<Args> : ConverterValue<Converter> }
  : Text extends `${infer Converter}:${infer Name}`
    ? { [N in Name]: ConverterValue<Converter> }
    : { [N in Text]: string }

type Variables<Path extends string, Found = unknown> = Path extends `${string}<${infer Text}>${infer Rest}`
  ? Variables<Rest, Found & Variable<Text>>
  : Found

// --- a template's placeholders ---

type IsNameChar<Char extends string> =
  Lowercase<Char> extends Uppercase<Char> ? (Char extends '_' | `${number}` ? true : false) : true

type Fill<Text extends string, Filled> = Text extends `${infer Before}$${infer Rest}`
  ? `${Before}${FillNext<Rest, Filled>}`
  : Text

type FillNext<Text extends string, Filled> = Text extends `$${infer Rest}`
  ? `$${Fill<Rest, Filled>}`
  : Text extends `{${infer Name}}${infer Rest}`
    ? `${FilledIn<Name, Filled>}${Fill<Rest, Filled>}`
    : FillName<Text, '', Filled>

type FillName<Text extends string, Name extends string, Filled> = Text extends `${infer Char}${infer Rest}`
  ? IsNameChar<Char> extends true
    ? FillName<Rest, `${Name}${Char}`, Filled>
    : `${FilledIn<Name, Filled>}${Fill<Text, Filled>}`
  : FilledIn<Name, Filled>

type FilledIn<Name, Filled> = Name extends keyof Filled
  ? Filled[Name] extends string | number
    ? Filled[Name]
    : string
  : string

type FillDefaults<Defaults, Filled> = {
  [Name in keyof Defaults]: Defaults[Name] extends string ? Fill<Defaults[Name], Filled> : Defaults[Name]
}

// --- rules and their wrappers ---

type Widen<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value

type Widened<Object> = { -readonly [Name in keyof Object]: Widen<Object[Name]> }

/** The defaults of a rule without any have arbitrary names. */
type Given<Defaults> = string extends keyof Defaults ? unknown : Defaults

/** The same type, shown as one object. */
type Flat<Object> = Object extends infer Shown ? { [Name in keyof Shown]: Shown[Name] } : never

interface Entry<Endpoint, Variables, Defaults> {
  endpoint: Endpoint
  variables: Variables
  defaults: Defaults
}

/** The entries of a rule or of all the rules in a wrapper, as a union. */
type Entries<Factory, Mount extends string = '', Prefix extends string = '', Domain extends string = ''> =
  Factory extends Rule<infer Path, infer Endpoint, infer Defaults, infer Own>
    ? string extends Endpoint
      ? never
      : Entry<`${Prefix}${Endpoint}`, Variables<`${Domain extends '' ? Own : Domain}${Mount}${Path}`>, Given<Defaults>>
    : Factory extends Submount<infer Path, infer Rules>
      ? Entries<Rules[number], `${Mount}${Path}`, Prefix, Domain>
      : Factory extends EndpointPrefix<infer Name, infer Rules>
        ? Entries<Rules[number], Mount, `${Prefix}${Name}`, Domain>
        : Factory extends HandlerPrefix<string, infer Rules>
          ? Entries<Rules[number], Mount, Prefix, Domain>
          : Factory extends Subdomain<infer Name, infer Rules>
            ? Entries<Rules[number], Mount, Prefix, Domain extends '' ? Name : Domain>
            : Factory extends FilledTemplate<infer Rules, infer Filled>
              ? Entries<FillRule<Rules[number], Filled>, Mount, Prefix, Domain>
              : never

type FillRule<Factory, Filled> =
  Factory extends Rule<infer Path, infer Endpoint, infer Defaults, infer Own>
    ? Rule<Fill<Path, Filled>, Fill<Endpoint, Filled>, FillDefaults<Defaults, Filled> & Values, Fill<Own, Filled>>
    : Factory

type RegisteredRules = Register extends { rules: infer Rules } ? Awaited<Rules> : never

type Registered = RegisteredRules extends readonly (infer Factory)[] ? Entries<Factory> : never

/** Entries by endpoint. Several rules of an endpoint are a union. */
type Table = { [E in Registered as E['endpoint'] & string]: E }

/** The endpoints of the rules in {@link Register}; any text if there are none. */
export type Endpoint = [RegisteredRules] extends [never] ? string : keyof Table

type ArgsOf<One> =
  One extends Entry<unknown, infer Variables, infer Defaults>
    ? Flat<Omit<Variables, keyof Defaults> & Widened<Defaults>>
    : never

/**
 * The arguments of an endpoint's handler: `get({ year, month }: RuleArgs<'archive'>)`.
 */
export type RuleArgs<Name extends Endpoint = Endpoint> = [RegisteredRules] extends [never]
  ? Record<string, unknown>
  : Name extends keyof Table
    ? ArgsOf<Table[Name]>
    : never

/** A query parameter: null and undefined are left out, a list is repeated for each item. */
export type QueryValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | null
  | undefined
  | readonly (string | number | bigint | boolean | Date)[]

/** A converter's value as `build` accepts it. */
type ToBuild<Object> = { [Name in keyof Object]: Object[Name] extends number ? number | bigint : Object[Name] }

type ValuesOf<One> =
  One extends Entry<unknown, infer Variables, infer Defaults>
    ? Flat<ToBuild<Omit<Variables, keyof Defaults>> & Partial<Widened<Defaults>>>
    : never

/** Allows further values; where a converter takes objects, these are not checked. */
type WithQuery<Object> = Object extends unknown
  ? Object & { readonly [extra: string]: Object[keyof Object] extends QueryValue ? QueryValue : unknown }
  : never

/** The values that `urlFor` needs for an endpoint; others become the query. Values with a default may be left out. */
export type UrlValues<Name extends Endpoint = Endpoint> = [RegisteredRules] extends [never]
  ? Record<string, unknown>
  : Name extends keyof Table
    ? WithQuery<ValuesOf<Table[Name]>>
    : never

/** The arguments of a function like `urlFor` after the endpoint: values are optional where none are required. */
export type UrlArguments<Name extends Endpoint, Options> =
  {} extends UrlValues<Name>
    ? [values?: UrlValues<Name> | FieldList | null, options?: Options]
    : [values: UrlValues<Name>, options?: Options]
