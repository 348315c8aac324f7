import { nobodyExcept } from '../../proof';
import { worldOf } from '../../template';
import { bindingsOf } from '../bounds';
import { causeOf, DELETE_ALIAS, DESTRUCTIVE, direct, holds, holdersOf, isEverybody, POWERS } from '../duties';
import type { KeySubject } from '../key-subject';
import { isProtected } from '../protection';
import { denied, restricted } from '../restricted';
import type { Problem } from '../rule';
import { keyRule } from '../rule';
import type { Scope } from '../scope';
import type { StatementView } from '../statement-view';
import { someOf } from '../words';

export const DESTRUCTIVE_BY_USER = keyRule({
  id: 'KP-23',
  name: 'DestructiveByUser',
  level: 'error',
  title: 'Whoever uses a key cannot disable or delete it; a protected key nobody can without a second factor.',
  why: 'One stolen session of a workload then takes the data of all of them: what a deleted key encrypted is lost (KMS Developer Guide, "Deleting AWS KMS keys"; the pattern of '
    + 'ransom notes). A deleted alias can be made again, but fails those who use it until then: a warning. Of a key in protectedKeys it is proved that nobody, whatever IAM '
    + 'policies say, disables or deletes it without aws:MultiFactorAuthPresent.',
  fix: 'Give these actions to another role, by a statement with a condition on aws:MultiFactorAuthPresent.',
  controls: { securityHub: ['KMS.3'], cis: ['5.0.0/4.7', '6.0.0/5.7'], nist: ['SC-12(1)', 'AC-6'], pci: ['3.7.5'] },
}, (key, scope) => [...byUsers(key, scope), ...isProtected(key, scope) ? withoutFactor(key, scope) : []]);

function byUsers(key: KeySubject, scope: Scope): Problem[] {
  const unaided = (statement: StatementView) => bindingsOf(statement, 'aws:multifactorauthpresent').length === 0;
  return holdersOf(key).flatMap((holders) => {
    // Whoever deploys administers the key, and uses it through the services whose resources they make.
    const use = holds(key, holders, POWERS, direct) ?? (holds(key, holders, ['kms:PutKeyPolicy']) ? undefined : holds(key, holders, POWERS));
    const end = (use || isEverybody(holders)) && (holds(key, holders, DESTRUCTIVE, unaided) ?? holds(key, holders, [DELETE_ALIAS], unaided));
    if (!end) return [];
    return [key.problem(use ? `lets ${someOf(holders.names)}, who may ${use.action}, also ${end.action}` : `lets ${someOf(holders.names)} ${end.action}`, {
      statement: end.statement.name,
      cause: causeOf(holders.names, end.statement.name),
      ...end.action === DELETE_ALIAS ? isProtected(key, scope) ? {} : { level: 'warning' } : { request: { principal: holders.principal, action: end.action } },
    })];
  });
}

const DENIAL = JSON.stringify({
  Effect: 'Deny', Principal: '*', Action: DESTRUCTIVE, Resource: '*', Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
});

/** Who may end a protected key without a second factor, whatever IAM policies say: only a Deny of the key policy, or what its Allows ask for, keeps everybody from it. */
function withoutFactor(key: KeySubject, { deployment }: Scope): Problem[] {
  const alone = restricted(key.key, [denied({ Bool: { 'aws:MultiFactorAuthPresent': 'true' } })]);
  const { verdict, counterexample, because } = nobodyExcept({ key: alone, world: worldOf(deployment) }, [], DESTRUCTIVE);
  if (verdict === 'holds' || key.refused !== undefined) return [];
  const statement = counterexample?.decision.decidedBy.find(({ kind }) => kind === 'key policy')?.statement;
  const { key: _, ...request } = counterexample?.request ?? { principal: '*', action: DESTRUCTIVE[0] };
  const seen = verdict === 'fails'
    ? `lets ${request.principal.includes('/any-principal') ? 'whom IAM policies let' : request.principal} ${request.action} without a second factor, and the key is protected`
    : `may let somebody ${request.action} without a second factor, and the key is protected: ${because ?? 'that cannot be ruled out'}`;
  return [key.problem(seen, { ...statement === undefined ? {} : { statement }, cause: 'protected', fix: `Add ${DENIAL}.`, ...counterexample ? { request } : {} })];
}
