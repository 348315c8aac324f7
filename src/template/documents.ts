import type { Place, Symbols } from './symbols';
import { hasSymbols } from './symbols';
import type { Deployment, ResourceAddress } from './types';
import { asList, asText, isObject, own } from './values';
import type { NamedPolicy, PolicyDocument } from '../authz/types';
import { parsePolicyText } from '../spec/policy-grammar';

/** Documents of which the template tells nothing. */
const unknown = new WeakSet<object>();

/**
 * A policy document as it is written, with whatever KMS or IAM may refuse in it. Statements that are not known are left out; a document
 * that is not known has none.
 */
export function policyDocument(value: unknown, at: Place, symbols: Symbols): PolicyDocument {
  const document = typeof value === 'string' ? parsed(value) : value;
  if (!isObject(document)) {
    if (document !== undefined) symbols.for([at.stack, at.logicalId, at.property, value], value, at, 'it is no policy document: read as one without statements');
    return withoutStatements(document === undefined || hasSymbols(document));
  }
  const statements = asList(own(document, 'Statement'));
  if (!statements.some(isNotKnown)) return document as unknown as PolicyDocument;
  statements.forEach((statement, index) => {
    if (!isNotKnown(statement)) return;
    symbols.for([at.stack, at.logicalId, at.property, index, statement], statement, { ...at, property: `${at.property}.Statement[${index}]` }, 'it is not known: left out');
  });
  const left = statements.filter((statement) => !isNotKnown(statement));
  return left.length === 0 ? withoutStatements(true) : { ...document, Statement: left } as PolicyDocument;
}

/** Whether a document stands for one of which the template tells nothing: no reason to refuse it. */
export function isUnknownDocument(document: PolicyDocument): boolean {
  return unknown.has(document);
}

/** The positions, from 1, of the statements of a key policy that are not in it as it was read: not even whether they allow is known. */
export function leftOutOf({ unresolved }: Pick<Deployment, 'unresolved'>, { stack, logicalId }: ResourceAddress): readonly number[] {
  const places = unresolved
    .filter(({ at, because }) => at.stack === stack && at.logicalId === logicalId && at.property.startsWith('KeyPolicy.Statement[') && because.endsWith('left out'))
    .map(({ at }) => Number(/\[(\d+)\]/.exec(at.property)?.[1]) + 1);
  return [...new Set(places)];
}

function withoutStatements(isNothingKnown: boolean): PolicyDocument {
  const document: PolicyDocument = { Statement: [] };
  if (isNothingKnown) unknown.add(document);
  return document;
}

/** A statement that is not known at all, or whether it allows or denies. */
function isNotKnown(statement: unknown): boolean {
  const said = typeof statement === 'string' ? statement : own(statement, 'Effect');
  return typeof said === 'string' && hasSymbols(said);
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
    return parsePolicyText(text);
  } catch {
    return text;
  }
}
