import type { Scope } from './resolver';
import { evaluate } from './resolver';
import type { Place } from './symbols';
import { hasSymbols } from './symbols';
import { asText, isObject } from './values';

/**
 * Whether a condition of the template holds; undefined if that depends on what is not known
 * (CloudFormation User Guide, "Condition functions").
 */
export function holds(expression: unknown, at: Place, scope: Scope): boolean | undefined {
  if (!isObject(expression) || Object.keys(expression).length !== 1) return undefined;
  const [name, argument] = Object.entries(expression)[0];
  const parts = Array.isArray(argument) ? argument : [];
  switch (name) {
    case 'Condition': return typeof argument === 'string' ? scope.condition(argument, at) : undefined;
    case 'Fn::Equals': return parts.length === 2 ? equal(evaluate(parts[0], at, scope), evaluate(parts[1], at, scope)) : undefined;
    case 'Fn::Not': return parts.length === 1 ? not(holds(parts[0], at, scope)) : undefined;
    case 'Fn::And': return every(parts.map((part) => holds(part, at, scope)));
    case 'Fn::Or': return not(every(parts.map((part) => not(holds(part, at, scope)))));
    default: return undefined;
  }
}

function equal(one: unknown, other: unknown): boolean | undefined {
  if ((asText(one) ?? JSON.stringify(one)) === (asText(other) ?? JSON.stringify(other))) return true;
  return hasSymbols(one) || hasSymbols(other) ? undefined : false;
}

function not(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

/** False as soon as one is false, whatever the unknown ones are. */
function every(values: readonly (boolean | undefined)[]): boolean | undefined {
  if (values.includes(false)) return false;
  return values.length === 0 || values.includes(undefined) ? undefined : true;
}
