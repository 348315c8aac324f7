import type { Place, Symbols } from './symbols';
import { hasSymbols } from './symbols';
import { asText, own, unknownList } from './values';

/** A value, as distinct from its absence. */
export interface Known {
  readonly value: unknown;
}

/** Where the value of a parameter may come from. */
export interface ParameterSources {
  /** The `Parameters` entry of the template. */
  readonly declared: unknown;
  /** The value it stands for, told by whoever reads the template. */
  readonly given: unknown;
  /** What the deployment or the parent stack passes: for an SSM type, the name of the SSM parameter. */
  readonly passed: unknown;
  readonly symbols: Symbols;
  readonly at: Place;
  /** Identity of the parameter: stack and name. */
  readonly identity: readonly string[];
  /** The value of a stored SSM parameter, or its symbol. */
  stored(name: string): unknown;
}

const SSM_VALUE = 'AWS::SSM::Parameter::Value<';

/** The value of a parameter (CloudFormation User Guide, "Parameters"); a symbol if nothing tells it. */
export function parameterValue({ declared, given, passed, symbols, at, identity, stored }: ParameterSources): unknown {
  const type = asText(own(declared, 'Type')) ?? 'String';
  const isList = type === 'CommaDelimitedList' || type.includes('List<');
  const shaped = (value: unknown): unknown => isList ? listOf(value, symbols, at) : asText(value) ?? value;

  if (given !== undefined) return shaped(given);
  const value = passed ?? own(declared, 'Default');
  if (value === undefined) {
    return shaped(symbols.for(['Ref', ...identity], { Ref: identity[identity.length - 1] }, at, 'the parameter has no default and no value was given'));
  }
  return shaped(type.startsWith(SSM_VALUE) && typeof value === 'string' ? stored(value) : value);
}

function listOf(value: unknown, symbols: Symbols, at: Place): unknown {
  if (typeof value !== 'string') return value;
  if (hasSymbols(value)) return unknownList(symbols.for(['list', value], value, at, 'a part of the list is not known'));
  return value === '' ? [] : value.split(',').map((part) => part.trim());
}
