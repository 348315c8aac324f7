import { deadStatements } from '../../proof';
import { ADMINISTER, OWN_POLICY, USE } from '../../spec/actions';
import { isConditionKey } from '../../spec/global-condition-keys';
import type { KeyUsageName } from '../../spec/key-specs';
import { isUnresolved } from '../../spec/unresolved';
import { isUnknownDocument } from '../../template';
import type { KeySubject } from '../key-subject';
import type { Problem } from '../rule';
import { keyRule } from '../rule';
import type { StatementView } from '../statement-view';
import { expand } from '../statement-view';
import { someOf } from '../words';

/** Whether nothing in a statement could keep it from matching: most statements need no proof. */
function isPlain(key: KeySubject, statement: StatementView): boolean {
  const { actions, conditions, written, notAction, notPrincipal, who, aboutKey, inert } = statement;
  const fits = (action: string) => USE[action]?.includes(key.key.usage as KeyUsageName) ?? PLAIN.has(action);
  return !inert && aboutKey && !notAction && !notPrincipal && conditions.length === 0 && who.every((one) => key.isOwn(one))
    && written.every((pattern) => expand(pattern).length > 0) && [...actions].every(fits);
}

/** Actions on any key, whatever it is for. */
const PLAIN: ReadonlySet<string> = new Set([...ADMINISTER, ...OWN_POLICY]);

export const DEAD_STATEMENT = keyRule({
  id: 'KP-18',
  name: 'DeadStatement',
  level: 'error',
  title: 'Every statement of a key policy, and every action that it names, can match a request.',
  why: 'A condition key that requests for an action never carry, a misspelt one, a usage that the key does not have: an Allow that never allows fails at run time, and a Deny that '
    + 'never denies protects nothing (KMS Developer Guide, "AWS KMS condition keys"). Under a negated operator or IfExists a misspelt key always passes, and a Deny denies all. A '
    + 'warning where other actions of the statement live, as in the page of CloudWatch Logs, or where a Deny of kms:* leaves out actions that never carry the condition key.',
  fix: 'Move these actions into a statement with conditions that their requests can meet, or take them out.',
  controls: { nist: ['AC-3'] },
}, (key) => {
  if (key.refused !== undefined || isUnknownDocument(key.key.policy)) return [];
  if (key.statements.every((statement) => isPlain(key, statement))) return [];
  const policy = key.policyWith((statement) => !isPlain(key, statement));
  const dead = deadStatements({ key: { ...key.key, policy }, world: { identities: [] } });
  const found = dead.map(({ statement, effect, actions, entirely, because }) => {
    const verb = effect === 'Allow' ? 'allows' : 'denies';
    const seen = entirely ? `${verb} nothing: ${because}` : `${verb} nothing of ${someOf(actions)}: ${because}`;
    return key.problem(seen, { statement, ...entirely ? {} : { level: 'warning' } });
  });
  const wholly = new Set(dead.flatMap(({ statement, entirely }) => (entirely ? [statement] : [])));
  return [...found, ...key.statements.flatMap((one) => (wholly.has(one.name) ? [] : misspelt(key, one)))];
});

/** Conditions that pass whatever is asked, since nothing carries their keys: negated, or with `IfExists`. */
function misspelt(key: KeySubject, { name, effect, conditions }: StatementView): Problem[] {
  const unknown = conditions.filter(({ key: written, lowerKey }) => !isConditionKey(lowerKey) && !isUnresolved(written) && !isOfProvider(lowerKey));
  if (unknown.length === 0) return [];
  const written = someOf(unknown.map((condition) => `${condition.operator} ${condition.key}`));
  return [key.problem(`${effect === 'Allow' ? 'allows' : 'denies'} whatever the request, as far as ${written} goes: no such condition key is known`, {
    statement: name, fix: 'Write the name of the condition key as AWS does.',
  })];
}

/** Sessions carry claims of their identity providers under the names of these: `accounts.google.com:aud` (IAM User Guide, "IAM and AWS STS condition context keys"). */
function isOfProvider(lowerKey: string): boolean {
  return /^saml:|^[^:]+\.[^:]+:/.test(lowerKey);
}
