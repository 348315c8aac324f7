import type { Condition } from './condition';
import { matchGrant, referenceTo } from './grants';
import type { Deny, PolicyKind } from './policies';
import { readPolicy } from './policy';
import type { ConditionScope, RequestContext } from './request-context';
import type { Decision, KmsRequest, NamedPolicy, StatementReference } from './types';
import { isUnknownValue } from './unknown-values';

/** Decisions in words. */

/** One request, with all that has a say in it. */
export interface PolicyEvaluation {
  readonly request: KmsRequest;
  readonly context: RequestContext;
}

type NearMiss = Decision['nearMisses'][number];

/** All statements that had to allow did. */
export function allowed(evaluation: PolicyEvaluation, by: readonly StatementReference[]): Decision {
  const why = by.length > 0 ? `${by.map(describe).join(', and ')} ${by.length > 1 ? 'allow' : 'allows'} it` : 'the account root needs no policy for it';
  return { outcome: 'Allowed', allowed: true, decidedBy: by, reason: `${subject(evaluation)} may ${what(evaluation)}: ${why}`, nearMisses: [] };
}

/** One statement denies. */
export function explicitlyDenied(evaluation: PolicyEvaluation, { by, unclear }: Deny): Decision {
  const doubt = unclear ? `, since nothing tells whether ${unclear.operator} ${unclear.key} holds` : '';
  const reason = `${subject(evaluation)} may not ${what(evaluation)}: ${describe(by)} denies it${doubt}`;
  return { outcome: 'ExplicitlyDenied', allowed: false, decidedBy: [by], reason, nearMisses: [] };
}

/** Nothing denies, and not all allow that would have to. */
export function implicitlyDenied(evaluation: PolicyEvaluation, missing: string): Decision {
  const reason = `${subject(evaluation)} may not ${what(evaluation)}: ${missing}`;
  let known: NearMiss[] | undefined;
  return {
    outcome: 'ImplicitlyDenied',
    allowed: false,
    decidedBy: [],
    reason,
    // Looked for when they are asked for: whoever makes thousands of decisions, as a proof does, reads none.
    get nearMisses() { return known ??= nearMisses(evaluation); },
  };
}

/** A statement or grant, by its name and its policy's. */
export function describe({ kind, policy, statement }: StatementReference): string {
  if (kind === 'grant') return `grant '${policy}'`;
  return kind === 'key policy' ? `statement '${statement}' of the key policy` : `statement '${statement}' of the ${kind} '${policy}'`;
}

function subject({ context: { caller }, request }: PolicyEvaluation): string {
  return request.viaService ? `${caller.principal}, through ${request.viaService},` : caller.principal;
}

function what({ request, context: { action } }: PolicyEvaluation): string {
  return request.key ? `${action} on ${request.key.arn}` : action;
}

/** Allow statements and grants for this caller and action that fail by a condition, or because AWS would refuse their policy. */
function nearMisses(evaluation: PolicyEvaluation): NearMiss[] {
  const { request, context } = evaluation;
  const { policies = [], boundary, sessionPolicies = [] } = context.caller.identity ?? {};
  return [
    ...(request.key ? amongPolicies([{ name: 'key policy', document: request.key.policy }], 'key policy', context) : []),
    ...(request.key?.grants ?? []).flatMap((grant) => {
      const because = matchGrant(grant, request, context)?.because;
      return because === undefined ? [] : [{ statement: referenceTo(grant), because }];
    }),
    ...amongPolicies(policies, 'identity policy', context),
    ...amongPolicies(boundary ? [boundary] : [], 'permissions boundary', context),
    ...amongPolicies(sessionPolicies, 'session policy', context),
  ];
}

function amongPolicies(policies: readonly NamedPolicy[], kind: PolicyKind, context: RequestContext): NearMiss[] {
  const inKeyPolicy = kind === 'key policy';
  return policies.flatMap(({ name, document }) => {
    const { statements, refused } = readPolicy(document, inKeyPolicy ? 'key policy' : 'iam policy');
    return statements.flatMap((statement): NearMiss[] => {
      const { state, failed } = statement.effect === 'Allow' ? statement.match(context) : { state: 'no' as const, failed: undefined };
      const reference: StatementReference = { kind, policy: name, statement: statement.name, effect: 'Allow' };
      if (state !== 'no' && refused !== undefined) return [{ statement: reference, because: `AWS would refuse the policy: ${refused}` }];
      if (failed) return [{ statement: reference, because: unmet(failed, context, { inKeyPolicy, resource: context.resourceKind }) }];
      return state === 'unclear' ? [{ statement: reference, because: 'a part of it is not known yet' }] : [];
    });
  });
}

function unmet(condition: Condition, { conditionKeys }: RequestContext, scope: ConditionScope): string {
  const { operator, key, wanted } = condition;
  const found = conditionKeys.read(key.toLowerCase(), scope);
  const wants = `${operator} ${key} wants ${wanted.map(quote).join(' or ') || 'nothing'}`;
  if (found?.values.some(isUnknownValue)) return `${wants}, and what the request has is not known here${found.doubtful ? ', nor whether it has any' : ''}`;
  const seen = found ? `the request has ${found.values.map(quote).join(' and ')}` : 'the request has none';
  const doubt = condition.evaluate(conditionKeys, scope) === 'unclear' ? '; what follows from that is not known' : '';
  return `${wants}, ${seen}${doubt}`;
}

const quote = (text: string): string => `'${text}'`;
