import type { Hearing } from './decide';
import { meetsGrant } from './grant';
import { readPolicy } from './policy';
import type { Decision, NamedPolicy, StatementReference } from './types';

/** Decisions in words. */

/** All statements that had to allow did. */
export function allowed(hearing: Hearing, by: readonly StatementReference[]): Decision {
  const reason = `${subject(hearing)} may ${hearing.trial.action}: ${by.length > 0 ? `allowed by ${by.map(quote).join(', and by ')}` : 'the account root may do whatever IAM decides alone'}`;
  return { outcome: 'Allowed', allowed: true, decidedBy: by, reason, nearMisses: [] };
}

/** One statement denies. */
export function explicitlyDenied(hearing: Hearing, by: StatementReference): Decision {
  const reason = `${subject(hearing)} may not ${hearing.trial.action}: denied by ${quote(by)}`;
  return { outcome: 'ExplicitlyDenied', allowed: false, decidedBy: [by], reason, nearMisses: [] };
}

/** Nothing denies, and not all allow that would have to. */
export function implicitlyDenied(hearing: Hearing, missing: string): Decision {
  const reason = `${subject(hearing)} may not ${hearing.trial.action}: ${missing}`;
  return { outcome: 'ImplicitlyDenied', allowed: false, decidedBy: [], reason, nearMisses: nearMisses(hearing) };
}

function subject({ caller, request }: Hearing): string {
  return request.viaService ? `${caller.principal}, through ${request.viaService},` : caller.principal;
}

function quote(by: StatementReference): string {
  if (by.kind === 'grant') return `grant '${by.policy}'`;
  return by.kind === 'key policy' ? `statement '${by.statement}' of the key policy` : `statement '${by.statement}' of the ${by.kind} '${by.policy}'`;
}

function nearMisses(hearing: Hearing): Decision['nearMisses'] {
  const { request, caller, context, trial } = hearing;
  const grants = (request.key?.grants ?? []).flatMap((grant) => {
    const { because } = meetsGrant(grant, request, caller, context.variable('aws:SourceArn'));
    const statement: StatementReference = { kind: 'grant', policy: grant.grantId, statement: grant.grantId, effect: 'Allow' };
    return because === undefined ? [] : [{ statement, because }];
  });
  const { identity } = caller;
  const policies: [StatementReference['kind'], NamedPolicy][] = [
    ...(request.key ? [['key policy', { name: 'the key policy', document: request.key.policy }] as [StatementReference['kind'], NamedPolicy]] : []),
    ...(identity?.policies ?? []).map((policy): [StatementReference['kind'], NamedPolicy] => ['identity policy', policy]),
    ...(identity?.boundary ? [['permissions boundary', identity.boundary] as [StatementReference['kind'], NamedPolicy]] : []),
    ...(identity?.sessionPolicies ?? []).map((policy): [StatementReference['kind'], NamedPolicy] => ['session policy', policy]),
  ];
  return [...policies.flatMap(([kind, { name, document }]) => {
    const policy = readPolicy(document, kind === 'key policy' ? 'key policy' : 'iam policy');
    return policy.statements.flatMap((written) => {
      const meeting = written.effect === 'Allow' ? written.meets(trial) : undefined;
      const statement: StatementReference = { kind, policy: name, statement: written.name, effect: written.effect };
      if (meeting?.failed) {
        const { operator, key, wanted } = meeting.failed;
        const seen = context.read(key.toLowerCase());
        const has = seen ? seen.values.map((value) => `'${value}'`).join(', ') : 'absent';
        return [{ statement, because: `${operator} ${key} wants ${wanted.map((value) => `'${value}'`).join(' or ')}, it is ${has}` }];
      }
      return meeting && meeting.state !== 'no' && policy.refused ? [{ statement, because: `AWS would refuse the policy: ${policy.refused}` }] : [];
    });
  }), ...grants];
}
