import { KmsException } from './exceptions';
import type { KeyPolicy } from './key';
import type { Place } from './key-store';
import { partitionOf } from './key-store';
import type { PolicyDocument } from '../../authz';
import { KEY_POLICY_BYTES } from '../../spec/limits';

const STATEMENT_MEMBERS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/**
 * A key policy from its text.
 *
 * @throws LimitExceededException over 32,768 bytes; MalformedPolicyDocumentException for anything that is not a policy.
 * The wording of the latter is not KMS's own, of which only some is known.
 */
export function readKeyPolicy(text: string): KeyPolicy {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > KEY_POLICY_BYTES) {
    throw new KmsException('LimitExceededException', `The key policy has ${bytes} bytes, more than the limit of ${KEY_POLICY_BYTES}.`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
  requireGrammar(document);
  return { document, text };
}

/** The policy of a key that was created without one (KMS Developer Guide, "Default key policy"). */
export function defaultKeyPolicy(place: Place): KeyPolicy {
  const document: PolicyDocument = {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [{
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:${partitionOf(place.region)}:iam::${place.account}:root` },
      Action: 'kms:*',
      Resource: '*',
    }],
  };
  return { document, text: JSON.stringify(document, undefined, 2) };
}

/** IAM's JSON policy grammar, as far as a key policy needs it. A statement without Action or Resource is accepted and does nothing. */
function requireGrammar(document: unknown): asserts document is PolicyDocument {
  if (!isObject(document)) throw malformed('Syntax errors in policy.');
  if (document.Version !== undefined && !['2012-10-17', '2008-10-17'].includes(document.Version as string)) {
    throw malformed('The policy must contain a valid version string');
  }
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  for (const statement of statements) requireStatement(statement);
  const sids = statements.map(({ Sid }) => Sid).filter((sid) => sid !== undefined && sid !== '');
  if (new Set(sids).size < sids.length) throw malformed('Statement IDs (SID) in a single policy must be unique.');
}

function requireStatement(statement: unknown): void {
  if (!isObject(statement)) throw malformed('Syntax errors in policy.');
  const unknown = Object.keys(statement).find((member) => !STATEMENT_MEMBERS.includes(member));
  if (unknown !== undefined) throw malformed(`Syntax errors in policy. (unknown element ${unknown})`);
  if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw malformed('Syntax errors in policy. (Effect is not Allow or Deny)');
  const principal = statement.Principal ?? statement.NotPrincipal;
  if (principal === undefined) throw malformed('Policy statement must contain principals.');
  if (principal !== '*' && !(isObject(principal) && Object.values(principal).every(isOneOrMore))) {
    throw malformed('Policy contains a statement with one or more invalid principals.');
  }
  for (const [a, b] of [['Principal', 'NotPrincipal'], ['Action', 'NotAction'], ['Resource', 'NotResource']]) {
    if (statement[a] !== undefined && statement[b] !== undefined) throw malformed(`Syntax errors in policy. (both ${a} and ${b})`);
  }
  for (const member of ['Action', 'NotAction', 'Resource', 'NotResource']) {
    if (statement[member] !== undefined && !isOneOrMore(statement[member])) throw malformed(`Syntax errors in policy. (${member})`);
  }
  if (statement.Condition !== undefined && !isCondition(statement.Condition)) throw malformed('Syntax errors in policy. (Condition)');
}

function isCondition(condition: unknown): boolean {
  return isObject(condition) && Object.values(condition).every((operands) => isObject(operands)
    && Object.values(operands).every((values) => [values].flat().every((value) => ['string', 'number', 'boolean'].includes(typeof value))));
}

function isOneOrMore(value: unknown): boolean {
  return [value].flat().every((item) => typeof item === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): KmsException {
  return new KmsException('MalformedPolicyDocumentException', message);
}
