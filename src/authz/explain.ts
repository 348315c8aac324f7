import type { Deny, PolicyKind } from './ask';
import type { Caller } from './caller';
import type { Condition } from './condition';
import type { RequestContext, Viewpoint } from './context';
import { meetsGrant, referenceTo } from './grant';
import { readPolicy } from './policy';
import type { Trial } from './statement';
import type { Decision, KmsRequest, NamedPolicy, StatementReference } from './types';

/** Decisions in words. */

/** One request, with all that has a say in it. */
export interface Hearing {
  readonly request: KmsRequest;
  readonly caller: Caller;
  readonly context: RequestContext;
  readonly trial: Trial;
}

type NearMiss = Decision['nearMisses'][number];

/** All statements that had to allow did. */
export function allowed(hearing: Hearing, by: readonly StatementReference[]): Decision {
  const why = by.length > 0 ? `${by.map(describe).join(', and ')} ${by.length > 1 ? 'allow' : 'allows'} it` : 'the account root needs no policy for it';
  return { outcome: 'Allowed', allowed: true, decidedBy: by, reason: `${subject(hearing)} may ${what(hearing)}: ${why}`, nearMisses: [] };
}

/** One statement denies. */
export function explicitlyDenied(hearing: Hearing, { by, unclear }: Deny): Decision {
  const doubt = unclear ? `, since nothing tells whether ${unclear.operator} ${unclear.key} holds` : '';
  const reason = `${subject(hearing)} may not ${what(hearing)}: ${describe(by)} denies it${doubt}`;
  return { outcome: 'ExplicitlyDenied', allowed: false, decidedBy: [by], reason, nearMisses: [] };
}

/** Nothing denies, and not all allow that would have to. */
export function implicitlyDenied(hearing: Hearing, missing: string): Decision {
  const reason = `${subject(hearing)} may not ${what(hearing)}: ${missing}`;
  return { outcome: 'ImplicitlyDenied', allowed: false, decidedBy: [], reason, nearMisses: nearMisses(hearing) };
}

/** A statement or grant, by its name and its policy's. */
export function describe({ kind, policy, statement }: StatementReference): string {
  if (kind === 'grant') return `grant '${policy}'`;
  return kind === 'key policy' ? `statement '${statement}' of the key policy` : `statement '${statement}' of the ${kind} '${policy}'`;
}

function subject({ caller, request }: Hearing): string {
  return request.viaService ? `${caller.principal}, through ${request.viaService},` : caller.principal;
}

function what({ request, trial }: Hearing): string {
  return request.key ? `${trial.action} on ${request.key.arn}` : trial.action;
}

/** Allow statements and grants for this caller and action that fail by a condition, or because AWS would refuse their policy. */
function nearMisses(hearing: Hearing): NearMiss[] {
  const { request, caller, context, trial } = hearing;
  const { policies = [], boundary, sessionPolicies = [] } = caller.identity ?? {};
  const sourceArn = context.variableFor({ inKeyPolicy: false, resource: 'key' })('aws:SourceArn');
  return [
    ...(request.key ? amongPolicies([{ name: 'key policy', document: request.key.policy }], 'key policy', trial) : []),
    ...(request.key?.grants ?? []).flatMap((grant) => {
      const because = meetsGrant(grant, request, caller, sourceArn)?.because;
      return because === undefined ? [] : [{ statement: referenceTo(grant), because }];
    }),
    ...amongPolicies(policies, 'identity policy', trial),
    ...amongPolicies(boundary ? [boundary] : [], 'permissions boundary', trial),
    ...amongPolicies(sessionPolicies, 'session policy', trial),
  ];
}

function amongPolicies(policies: readonly NamedPolicy[], kind: PolicyKind, trial: Trial): NearMiss[] {
  const inKeyPolicy = kind === 'key policy';
  return policies.flatMap(({ name, document }) => {
    const { statements, refused } = readPolicy(document, inKeyPolicy ? 'key policy' : 'iam policy');
    return statements.flatMap((statement): NearMiss[] => {
      const { state, failed } = statement.effect === 'Allow' ? statement.meets(trial) : { state: 'no' as const, failed: undefined };
      const reference: StatementReference = { kind, policy: name, statement: statement.name, effect: 'Allow' };
      if (failed) return [{ statement: reference, because: unmet(failed, trial, { inKeyPolicy, resource: trial.resourceKind }) }];
      if (state !== 'no' && refused) return [{ statement: reference, because: `AWS would refuse the policy: ${refused}` }];
      return state === 'unclear' ? [{ statement: reference, because: 'a part of it is not known yet' }] : [];
    });
  });
}

function unmet(condition: Condition, { context }: Trial, viewpoint: Viewpoint): string {
  const { operator, key, wanted, refused } = condition;
  if (refused) return refused;
  const found = context.read(key.toLowerCase(), viewpoint);
  const seen = found ? `the request has ${found.values.map(quote).join(' and ')}` : 'the request has none';
  const doubt = condition.evaluate(context, viewpoint) === 'unclear' ? '; what follows from that is not known' : '';
  return `${operator} ${key} wants ${wanted.map(quote).join(' or ') || 'nothing'}, ${seen}${doubt}`;
}

const quote = (text: string): string => `'${text}'`;
