import { seen } from './errors';
import type { Call } from './resolver';
import { hasSymbols } from './symbols';
import { asNumber, asText, isObject, isUnknownList, NO_VALUE, own, unknownList } from './values';

/**
 * The functions of CloudFormation templates (User Guide, "Intrinsic function reference"), each from its unevaluated argument to
 * its value. None throws over what it is given: what cannot be worked out becomes a symbol.
 */
type Intrinsic = (argument: unknown, call: Call) => unknown;

export const INTRINSICS: ReadonlyMap<string, Intrinsic> = new Map<string, Intrinsic>([
  ['Ref', (argument, call) => typeof argument === 'string'
    ? call.scope.ref(argument, call.expression, call.at)
    : misused('Ref', argument, 'a name', call)],

  ['Fn::GetAtt', (argument, call) => {
    const [logicalId, name] = attributeOf(argument, call);
    return logicalId !== undefined && name !== undefined
      ? call.scope.attribute(logicalId, name, call.expression, call.at)
      : misused('Fn::GetAtt', argument, 'a logical id and an attribute', call);
  }],

  ['Fn::Sub', substitute],

  ['Fn::Join', (argument, call) => {
    const [delimiter, list] = pair(argument, call);
    if (typeof delimiter !== 'string' || !Array.isArray(list)) return misused('Fn::Join', argument, 'a delimiter and a list', call);
    if (isUnknownList(list)) return unknown('Fn::Join', [delimiter, list], 'the list is not known', call);
    const texts = list.map(asText);
    return texts.every((text) => text !== undefined)
      ? texts.join(delimiter)
      : unknown('Fn::Join', [delimiter, list], 'a part of the list is no string', call);
  }],

  ['Fn::Split', (argument, call) => {
    const [delimiter, source] = pair(argument, call);
    if (typeof delimiter !== 'string' || typeof source !== 'string') return misused('Fn::Split', argument, 'a delimiter and a string', call);
    // A symbol stands for a string that may hold the delimiter any number of times.
    return hasSymbols(source)
      ? unknownList(unknown('Fn::Split', [delimiter, source], 'a part of the string is not known', call))
      : source.split(delimiter);
  }],

  ['Fn::Select', (argument, call) => {
    const [position, list] = pair(argument, call);
    if (isUnknownList(list) || typeof list === 'string' || hasSymbols(position)) {
      return unknown('Fn::Select', [position, list], 'the list is not known', call);
    }
    const index = asNumber(position);
    if (index === undefined || !Array.isArray(list)) return misused('Fn::Select', argument, 'an index and a list', call);
    return index in list ? list[index] : unknown('Fn::Select', [index, list], `there is no element ${index} in a list of ${list.length}`, call);
  }],

  ['Fn::If', (argument, call) => {
    if (!Array.isArray(argument) || argument.length !== 3 || typeof argument[0] !== 'string') {
      return misused('Fn::If', argument, 'the name of a condition and two values', call);
    }
    const [name, whenTrue, whenFalse] = argument as [string, unknown, unknown];
    const holds = call.scope.condition(name, call.at);
    if (holds !== undefined) return call.evaluate(holds ? whenTrue : whenFalse);
    const [one, other] = [whenTrue, whenFalse].map((branch) => call.evaluate(branch));
    if (one === other || JSON.stringify(one) === JSON.stringify(other)) return one;
    return unknown('Fn::If', [call.scope.id, name, one, other], `whether condition '${name}' holds is not known`, call);
  }],

  ['Fn::FindInMap', (argument, call) => {
    const [map, topKey, secondKey, options] = Array.isArray(argument) ? argument.map((part) => call.evaluate(part)) : [];
    if (typeof map !== 'string' || asText(topKey) === undefined || asText(secondKey) === undefined) {
      return misused('Fn::FindInMap', argument, 'a map and two keys', call);
    }
    const keys = [map, String(topKey), String(secondKey)] as const;
    if (hasSymbols(keys)) return unknown('Fn::FindInMap', [call.scope.id, ...keys], 'a key of the map is not known', call);
    const value = call.scope.mapping(...keys) ?? own(options, 'DefaultValue');
    const isConstant = asText(value) !== undefined || Array.isArray(value) && value.every((element) => asText(element) !== undefined);
    return isConstant ? value : unknown('Fn::FindInMap', [call.scope.id, ...keys], `mapping '${map}' has no '${keys[1]}' with '${keys[2]}'`, call);
  }],

  ['Fn::Base64', (argument, call) => {
    const value = call.evaluate(argument);
    if (typeof value !== 'string') return misused('Fn::Base64', argument, 'a string', call);
    // Encoding would hide the symbol.
    return hasSymbols(value) ? unknown('Fn::Base64', [value], 'a part of the string is not known', call) : Buffer.from(value, 'utf8').toString('base64');
  }],

  ['Fn::ImportValue', (argument, call) => {
    const name = call.evaluate(argument);
    return typeof name === 'string'
      ? call.scope.importValue(name, call.expression, call.at)
      : misused('Fn::ImportValue', argument, 'the name of an export', call);
  }],

  ['Fn::GetStackOutput', (argument, call) => {
    const request = call.evaluate(argument);
    const [stackName, outputName] = [own(request, 'StackName'), own(request, 'OutputName')];
    if (typeof stackName !== 'string' || typeof outputName !== 'string') {
      return misused('Fn::GetStackOutput', argument, 'StackName and OutputName', call);
    }
    return call.scope.stackOutput({
      stackName,
      outputName,
      region: asText(own(request, 'Region')) ?? call.scope.region,
      // The role to read with lives in the account of the other stack: arn:partition:iam::account:role/…
      account: asText(own(request, 'RoleArn'))?.split(':')[4] ?? call.scope.account,
    }, call.expression, call.at);
  }],

  ['Fn::GetAZs', (argument, call) => {
    const region = asText(call.evaluate(argument)) || call.scope.region;
    return unknownList(unknown('Fn::GetAZs', [call.scope.account, region], 'the zones differ from account to account', call));
  }],

  ['Fn::Length', (argument, call) => {
    const list = call.evaluate(argument);
    if (isUnknownList(list) || hasSymbols(list) && !Array.isArray(list)) return unknown('Fn::Length', [list], 'the list is not known', call);
    return Array.isArray(list) ? list.length : misused('Fn::Length', argument, 'a list', call);
  }],

  ['Fn::ToJsonString', (argument, call) => {
    const value = call.evaluate(argument);
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : misused('Fn::ToJsonString', argument, 'an object or a list', call);
  }],
]);

/** `${Name}`, `${LogicalId.Attribute}` and, for a dollar and braces as such, `${!Literal}`. */
function substitute(argument: unknown, call: Call): unknown {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  if (typeof template !== 'string' || !isObject(variables)) return misused('Fn::Sub', argument, 'a string, and variables by name', call);

  return template.replace(/\$\{(!?)([^{}]*)\}/g, (_, literal: string, inner: string) => {
    if (literal) return `\${${inner}}`;
    const name = inner.trim();
    const value = Object.hasOwn(variables, name) ? call.evaluate(variables[name]) : referred(name, call);
    if (value === NO_VALUE) return '';
    return asText(value) ?? unknown('Fn::Sub', [call.scope.id, name, value], `'${name}' is no string`, call);
  });
}

function referred(name: string, call: Call): unknown {
  const dot = name.indexOf('.');
  return dot < 0
    ? call.scope.ref(name, { Ref: name }, call.at)
    : call.scope.attribute(name.slice(0, dot), name.slice(dot + 1), { 'Fn::GetAtt': [name.slice(0, dot), name.slice(dot + 1)] }, call.at);
}

function attributeOf(argument: unknown, call: Call): [string?, string?] {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    return dot < 0 ? [] : [argument.slice(0, dot), argument.slice(dot + 1)];
  }
  if (!Array.isArray(argument) || argument.length < 2) return [];
  const [logicalId, ...names] = argument.map((part) => asText(call.evaluate(part)));
  return logicalId === undefined || names.includes(undefined) ? [] : [logicalId, names.join('.')];
}

function pair(argument: unknown, call: Call): [unknown?, unknown?] {
  if (!Array.isArray(argument) || argument.length !== 2) return [];
  return argument.map((part) => call.evaluate(part)) as [unknown, unknown];
}

function unknown(name: string, values: readonly unknown[], because: string, call: Call): string {
  return call.scope.symbols.for([name, ...values], call.expression, call.at, because);
}

function misused(name: string, argument: unknown, takes: string, call: Call): string {
  return unknown(name, [call.scope.id, argument], `${name} takes ${takes}, got ${seen(argument)}`, call);
}
