// The face of routing: rules, maps, adapters and what users derive from.

export { type Binding, type BuildOptions, UrlAdapter } from './adapter.ts'
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
export { findIndistinguishable, type Indistinguishable } from './indistinguishable.ts'
export { findDoubtful } from './lint.ts'
export type { Match } from './matcher/match.ts'
export type { ConverterArgument, ConverterArguments } from './parse.ts'
export { RequestRedirect } from './redirect.ts'
export { type HandlerTarget, Rule, type RuleFactory, type RuleOptions, type Values } from './rule.ts'
export { RuleTemplate, type TemplateValues } from './template.ts'
export type { Endpoint, QueryValue, Register, RuleArgs, UrlArguments, UrlValues } from './register.ts'
export { type BindOptions, type RoutedRequest, type SortParameters, UrlMap, type UrlMapOptions } from './url-map.ts'
export { EndpointPrefix, HandlerPrefix, Subdomain, Submount } from './wrappers.ts'
