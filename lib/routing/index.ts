// The public face of routing: rules, maps, adapters, and the classes that users derive from.

export { UrlAdapter } from './adapter.ts'
export { BuildError } from './build-error.ts'
export {
  AnyConverter,
  BaseConverter,
  type ConverterClass,
  defaultConverters,
  FloatConverter,
  IntegerConverter,
  PathConverter,
  UnicodeConverter,
  UuidConverter,
  ValidationError,
} from './converters.ts'
export { findDoubtful, findIndistinguishable, type Indistinguishable } from './lint.ts'
export type { Match } from './matcher/match.ts'
export type { ConverterArgument, ConverterArguments } from './parse.ts'
export { RequestRedirect } from './redirect.ts'
export type { Endpoint, QueryValue, Register, RuleArgs, UrlArguments, UrlValues } from './register.ts'
export { Rule, type RuleFactory } from './rule.ts'
export { RuleTemplate, type TemplateValues } from './template.ts'
export type { Binding, BuildOptions, HandlerTarget, RuleOptions, SortParameters, Values } from './types.ts'
export { type BindOptions, type RoutedRequest, UrlMap, type UrlMapOptions } from './url-map.ts'
export { EndpointPrefix, HandlerPrefix, Subdomain, Submount } from './wrappers.ts'
