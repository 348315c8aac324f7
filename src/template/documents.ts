import type { Place, Symbols } from './symbols';
import { asList, asText, isObject, own } from './values';
import type { NamedPolicy, PolicyDocument, PolicyStatement } from '../authz/types';

/** A policy document in which nothing has a part in a decision that is not a statement. */
export function policyDocument(value: unknown, at: Place, symbols: Symbols): PolicyDocument {
  const document = typeof value === 'string' ? parsed(value) : value;
  if (!isObject(document)) {
    if (document !== undefined) symbols.for([at.stack, at.logicalId, at.property, value], value, at, 'it is no policy document: read as one without statements');
    return { Statement: [] };
  }
  const statements = asList(own(document, 'Statement'));
  const isStatement = (statement: unknown): statement is PolicyStatement => isObject(statement) && ['Allow', 'Deny'].includes(asText(statement.Effect) ?? '');
  statements.forEach((statement, index) => {
    if (isStatement(statement)) return;
    symbols.for([at.stack, at.logicalId, at.property, index, statement], statement, { ...at, property: `${at.property}.Statement[${index}]` }, 'it is no statement: left out');
  });
  const [version, id] = [asText(own(document, 'Version')), asText(own(document, 'Id'))];
  return {
    ...(version === undefined ? {} : { Version: version }),
    ...(id === undefined ? {} : { Id: id }),
    Statement: statements.filter(isStatement),
  };
}

/** How a policy is called in a decision: its name and where it is written. */
export function policyIn(stack: string, name: string, document: PolicyDocument): NamedPolicy {
  return { name: `${name} in stack ${stack}`, document };
}

/** `Tags` of a resource: a list of pairs, or an object. */
export function tagsOf(value: unknown): Record<string, string> {
  const pairs = Array.isArray(value)
    ? value.map((tag) => [asText(own(tag, 'Key')), asText(own(tag, 'Value'))] as const)
    : Object.entries(isObject(value) ? value : {}).map(([name, inner]) => [name, asText(inner)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is readonly [string, string] => pair[0] !== undefined && pair[1] !== undefined));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
