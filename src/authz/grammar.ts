import { splitArn } from './arn';
import type { OneOrMore, PolicyDocument, PolicyStatement } from './types';
import { isUnresolved } from '../spec/unresolved';

/**
 * What AWS refuses to store (IAM User Guide, "Grammar of the IAM JSON policy language" and its notes; KMS Developer Guide, "Creating a
 * key policy").
 */

/** Where a policy stands. The grammar of key policies and of IAM policies differs. */
export type Placement = 'key policy' | 'iam policy';

const VERSIONS = [undefined, '2008-10-17', '2012-10-17'];

/** Printable ASCII and Latin-1, tab, line feed and carriage return: all that a key policy may contain. */
const KEY_POLICY_TEXT = /^[\t\n\r -~\u00A0-\u00FF]*$/;

/** One or more, as a list. */
export const list = <T>(value: OneOrMore<T>): readonly T[] => (Array.isArray(value) ? value as readonly T[] : [value as T]);

/** The text of a policy string; of anything else, its JSON. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Why AWS would refuse a document whatever its statements say; undefined if it would not. */
export function documentError(document: PolicyDocument, placement: Placement, maximumBytes: number): string | undefined {
  if (!VERSIONS.includes(document.Version)) return `its version '${document.Version}' does not exist`;
  if (placement === 'iam policy') return repeatedSid(list(document.Statement));
  const text = JSON.stringify(document);
  if (!KEY_POLICY_TEXT.test(text)) return 'it has characters outside Latin-1';
  const bytes = Buffer.byteLength(text);
  return bytes > maximumBytes ? `it has ${bytes} bytes, a key policy has at most ${maximumBytes}` : undefined;
}

function repeatedSid(statements: readonly PolicyStatement[]): string | undefined {
  const sids = statements.flatMap((statement) => statement?.Sid ?? []);
  const repeated = sids.find((sid, index) => sids.indexOf(sid) < index);
  return repeated === undefined ? undefined : `its statement id '${repeated}' stands there twice`;
}

/** Why AWS would refuse a statement, Principal and Condition aside. */
export function grammarError(statement: PolicyStatement, placement: Placement): string | undefined {
  const { Effect, Principal, NotPrincipal } = statement;
  if (Effect !== 'Allow' && Effect !== 'Deny') return `its effect '${String(Effect)}' is neither Allow nor Deny`;
  for (const [one, other] of [['Principal', 'NotPrincipal'], ['Action', 'NotAction'], ['Resource', 'NotResource']] as const) {
    if (statement[one] !== undefined && statement[other] !== undefined) return `it has both ${one} and ${other}`;
  }
  const shape = shapeError(statement);
  if (shape !== undefined) return shape;
  const hasPrincipal = Principal !== undefined || NotPrincipal !== undefined;
  if (placement === 'key policy') return hasPrincipal ? undefined : 'it has no principal';
  return hasPrincipal ? 'an IAM policy names no principal' : iamGrammarError(statement);
}

function shapeError({ Sid, Action, NotAction, Resource, NotResource, Condition }: PolicyStatement): string | undefined {
  if (Sid !== undefined && typeof Sid !== 'string') return 'its id is no text';
  for (const [name, element] of Object.entries({ Action, NotAction, Resource, NotResource })) {
    if (element !== undefined && !list(element).every((one) => typeof one === 'string')) return `its ${name} is neither text nor a list of texts`;
  }
  const block: unknown = Condition ?? {};
  if (!isObject(block) || !Object.values(block as object).every(isObject)) return 'its Condition is not an object of objects';
  const values = Object.values(block as object).flatMap((keys) => Object.values(keys as object).flatMap((value) => list(value)));
  return values.every((value) => ['string', 'number', 'boolean'].includes(typeof value)) ? undefined : 'its Condition has values that are no texts';
}

function iamGrammarError(statement: PolicyStatement): string | undefined {
  const actions = statement.Action ?? statement.NotAction;
  const resources = statement.Resource ?? statement.NotResource;
  if (statement.Sid !== undefined && !/^[A-Za-z0-9]*$/.test(statement.Sid)) return 'its id has other characters than letters and digits';
  if (actions === undefined) return 'it has no action';
  if (resources === undefined) return 'it has no resource';
  const action = list(actions).find((text) => text !== '*' && !/^[^:\s]+:[^:\s]+$/.test(text) && !isUnresolved(text));
  if (action !== undefined) return `its action '${action}' is not '<service>:<action>'`;
  const resource = list(resources).find((text) => text !== '*' && !isResourceArn(text) && !isUnresolved(text));
  return resource === undefined ? undefined : `its resource '${resource}' is neither '*' nor an ARN with a literal service`;
}

/** An ARN, maybe incomplete; no wildcard in the service, no variable before the fifth colon. */
function isResourceArn(text: string): boolean {
  const [scheme, , service = ''] = text.split(':');
  const beforeResource = splitArn(text)?.slice(0, 5).join(':') ?? '';
  return scheme === 'arn' && !/[*?]/.test(service) && !beforeResource.includes('${');
}

/** IAM fills up an ARN with fewer than six parts: `arn:aws:kms` means `arn:aws:kms:*:*:*`. */
export function completeArn(text: string): string {
  const missing = 6 - text.split(':').length;
  return text.startsWith('arn:') && missing > 0 ? text + ':*'.repeat(missing) : text;
}
