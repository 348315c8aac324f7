import { INTRINSICS } from './intrinsics';
import type { Place, Symbols } from './symbols';
import { isObject, NO_VALUE } from './values';

/** What the expressions of one stack can refer to. */
export interface Scope {
  readonly symbols: Symbols;
  readonly account: string;
  readonly region: string;
  /** Unique among the stacks that are read. */
  readonly id: string;
  /** A pseudo parameter, a parameter or the physical id of a resource. */
  ref(name: string, expression: unknown, at: Place): unknown;
  attribute(logicalId: string, name: string, expression: unknown, at: Place): unknown;
  /** undefined: it depends on what is not known. */
  condition(name: string, at: Place): boolean | undefined;
  mapping(map: string, topKey: string, secondKey: string): unknown;
  importValue(name: string, expression: unknown, at: Place): unknown;
  stackOutput(request: StackOutputRequest, expression: unknown, at: Place): unknown;
  /** What stands for `{{resolve:…}}`. */
  dynamicReference(reference: string, at: Place): string;
}

/** `Fn::GetStackOutput`: an output of another stack, read when the asking one is deployed. */
export interface StackOutputRequest {
  readonly stackName: string;
  readonly outputName: string;
  readonly region: string;
  readonly account: string;
}

/** Section "Dynamic references" of the CloudFormation User Guide: `{{resolve:service:reference}}`. */
const DYNAMIC_REFERENCE = /\{\{resolve:[^{}]*\}\}/g;

/** The value of an expression, for use by other expressions: dynamic references are still in it, as CloudFormation's functions see them. */
export function evaluate(expression: unknown, at: Place, scope: Scope): unknown {
  if (Array.isArray(expression)) {
    return expression.map((element, index) => evaluate(element, within(at, `[${index}]`), scope)).filter((value) => value !== NO_VALUE);
  }
  if (!isObject(expression)) return expression;

  const entries = Object.entries(expression);
  if (entries.length === 1) {
    const [name, argument] = entries[0];
    if (name === 'Ref' || name.startsWith('Fn::')) {
      return callIntrinsic(name, argument, { expression, at, scope, evaluate: (inner) => evaluate(inner, at, scope) });
    }
  }
  // fromEntries defines properties, where assignment would call the setter of `__proto__`.
  return Object.fromEntries(entries
    .map(([key, inner]) => [key, evaluate(inner, within(at, `.${key}`), scope)] as const)
    .filter(([, value]) => value !== NO_VALUE));
}

/** The value of an expression as the deployed resource has it; undefined where it is AWS::NoValue. */
export function resolve(expression: unknown, at: Place, scope: Scope): unknown {
  const value = evaluate(expression, at, scope);
  return value === NO_VALUE ? undefined : withDynamicReferences(value, at, scope);
}

function withDynamicReferences(value: unknown, at: Place, scope: Scope): unknown {
  if (typeof value === 'string') {
    return value.replace(DYNAMIC_REFERENCE, (reference) => scope.dynamicReference(reference, at));
  }
  if (Array.isArray(value)) return value.map((element, index) => withDynamicReferences(element, within(at, `[${index}]`), scope));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDynamicReferences(inner, within(at, `.${key}`), scope)]));
}

/** How a function of the template language is called. */
export interface Call {
  readonly expression: unknown;
  readonly at: Place;
  readonly scope: Scope;
  /** The value of an expression in an argument. */
  evaluate(expression: unknown): unknown;
}

function callIntrinsic(name: string, argument: unknown, call: Call): unknown {
  const intrinsic = INTRINSICS.get(name);
  return intrinsic
    ? intrinsic(argument, call)
    : call.scope.symbols.for([call.scope.id, call.expression], call.expression, call.at, `${name} is not evaluated here`);
}

function within(at: Place, step: string): Place {
  return { ...at, property: at.property === '' ? step.replace(/^\./, '') : `${at.property}${step}` };
}
