import { statementsOf } from '../../spec/policy-grammar';
import { isUnresolved } from '../../spec/unresolved';
import { hasSymbols, isUnknownDocument, leftOutOf } from '../../template';
import type { KeySubject } from '../key-subject';
import { withoutPrimary } from '../replicas';
import type { Problem, Rule } from '../rule';
import { keyRule } from '../rule';
import type { Scope } from '../scope';
import type { StatementView } from '../statement-view';
import { someOf } from '../words';

const OF_KEYS = keyRule({
  id: 'KP-00',
  name: 'PolicyUndecidable',
  level: 'error',
  title: 'Whom a key policy lets in, and to what, can be told from the templates.',
  why: 'A principal, an action or a whole statement that comes from a parameter, an export of another stack or a dynamic reference may let in anybody. What cannot be told '
    + 'is not taken for harmless.',
  fix: 'Write it out, or refer to the resource; give the template that exports it, or the value of the parameter.',
  controls: { nist: ['CM-6'], pci: ['2.2'] },
}, (key, scope) => {
  const aside = [...unknownKind(key), ...unknownPrimary(key, scope)];
  if (isUnknownDocument(key.key.policy)) return [key.problem('has a key policy of which the templates tell nothing'), ...aside];
  return [...aside, ...leftOut(key, scope), ...key.statements.flatMap((statement, index) => open(key, statement, index))];
});

export const POLICY_UNDECIDABLE: Rule = { ...OF_KEYS, find: (scope) => [...loops(scope), ...OF_KEYS.find(scope)] };

/** Keys that a loop makes (`Fn::ForEach`) are none of those that were read. */
function loops({ deployment: { unresolved } }: Scope): Problem[] {
  const found = unresolved.filter(({ at, expression }) => /^Resources\.Fn::/.test(at.property) && /"AWS::KMS::(?:Replica)?Key"/.test(JSON.stringify(expression)));
  return found.map(({ at: { stack, property } }) => ({
    at: { stack, logicalId: property.slice('Resources.'.length) },
    seen: 'makes keys that were not read: their policies may let in anybody',
    fix: 'Check the template that the loop comes to: the processed one of the stack (aws cloudformation get-template --template-stage Processed).',
  }));
}

/** Rules that are for some kinds of keys only pass over one whose kind is not known: it says so. */
function unknownKind(key: KeySubject): Problem[] {
  const unknown = [...isUnresolved(key.key.spec) ? ['KeySpec'] : [], ...isUnresolved(key.key.usage) ? ['KeyUsage'] : []];
  if (unknown.length === 0) return [];
  const seen = `has a ${unknown.join(' and ')} of which the templates tell nothing: rules on keys of one kind, such as KP-12 and KP-24, were not applied`;
  return [key.problem(seen, { level: 'warning', fix: 'Write it out, or give the value of the parameter.' })];
}

/** What a replica may allow depends on its primary: KP-29 and KP-32 pass over one whose primary is none of the keys that were read. */
function unknownPrimary(subject: KeySubject, scope: Scope): Problem[] {
  if (!withoutPrimary(scope).includes(subject)) return [];
  const { primaryKeyArn = '' } = subject.key;
  const named = primaryKeyArn === '' ? '' : `, ${primaryKeyArn},`;
  return [subject.problem(`has a primary${named} that is in none of the templates: KP-29 and KP-32, which compare the two policies, were not applied`, {
    level: 'warning',
    fix: 'Give the template of the primary too, and let PrimaryKeyArn refer to it (Ref, Fn::GetAtt, an import of its export): no template tells the id of a key.',
  })];
}

/** Statements that are not in the policy as it was read, since not even their effect is known. */
function leftOut(key: KeySubject, { deployment }: Scope): Problem[] {
  return leftOutOf(deployment, key.key).map((position) => key.problem('is not known, or not whether it allows or denies', { statement: `#${position}` }));
}

function open(key: KeySubject, statement: StatementView, index: number): Problem[] {
  const { name, effect, who, written } = statement;
  const problems: string[] = [];
  const unknown = effect === 'Allow' ? who.flatMap((one) => (one.kind === 'unknown' ? [one.text ?? 'a principal that cannot be read'] : [])) : [];
  // What AWS refuses is another rule's.
  if (unknown.length > 0 && !(key.refused !== undefined && !unknown.some(isUnresolved))) problems.push(`lets in ${someOf(unknown)}, which may be anybody`);
  const actions = written.filter(isUnresolved);
  if (actions.length > 0) problems.push(`${effect === 'Allow' ? 'allows' : 'denies'} ${someOf(actions)}, which may be any action`);
  const condition = (statementsOf(key.key.policy)[index] as { Condition?: unknown } | undefined)?.Condition;
  if (typeof condition === 'string' ? hasSymbols(condition) : Object.entries(condition ?? {}).some(([operator, keys]) => isUnresolved(operator)
    || (typeof keys === 'string' ? hasSymbols(keys) : Object.keys(Object(keys) as object).some(isUnresolved)))) problems.push('has conditions that are not known');
  return problems.map((seen) => key.problem(seen, { statement: name }));
}
