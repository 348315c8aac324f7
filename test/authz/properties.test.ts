import fc from 'fast-check';
import { iamStatement, keyStatement, scenes } from './generated';
import type { Scene } from './generated';
import { decide } from '../../src/authz';
import type { Decision, GrantFacts, IdentityFacts, KmsRequest, NamedPolicy, PolicyDocument, PolicyStatement, World } from '../../src/authz';

/** What holds for every policy, whatever is in it. */

const RUNS = { numRuns: 80 };
const scene = scenes(4);

/** Changes every policy document of a world and of the requests to its key. */
function rewritten({ world, requests }: Scene, rewrite: (statements: readonly PolicyStatement[], kind: string) => PolicyStatement[]): Scene {
  const document = (policy: PolicyDocument, kind: string): PolicyDocument =>
    ({ ...policy, Statement: rewrite(policy.Statement as PolicyStatement[], kind) });
  const named = (policies: readonly NamedPolicy[] | undefined, kind: string) =>
    policies?.map((policy) => ({ ...policy, document: document(policy.document, kind) }));
  const identities = world.identities.map((identity): IdentityFacts => ({
    ...identity,
    policies: named(identity.policies, 'identity'),
    boundary: identity.boundary && { ...identity.boundary, document: document(identity.boundary.document, 'boundary') },
    sessionPolicies: named(identity.sessionPolicies, 'session'),
  }));
  const key = requests[0].key!;
  const policy = document(key.policy, 'key');
  return { world: { identities }, requests: requests.map((request) => ({ ...request, key: { ...request.key!, policy } })) };
}

const decisions = ({ world, requests }: Scene): Decision[] => requests.map((request) => decide(world, request));
const outcomes = (one: Scene) => decisions(one).map(({ outcome }) => outcome);

/** Whether nothing is allowed in `after` that was not allowed in `before`. */
function allowsNoMore(before: Scene, after: Scene): boolean {
  const then = decisions(before);
  return decisions(after).every(({ allowed }, index) => !allowed || then[index].allowed);
}

const holds = (property: (one: Scene) => boolean) => fc.assert(fc.property(scene, property), RUNS);

test('adding a Deny to any policy never allows more', () => {
  fc.assert(fc.property(scene, keyStatement, iamStatement, fc.constantFrom('key', 'identity', 'boundary', 'session'), (one, forKey, forIam, where) => {
    const added: PolicyStatement = { ...(where === 'key' ? forKey : forIam), Sid: 'Added', Effect: 'Deny' };
    return allowsNoMore(one, rewritten(one, (statements, kind) => (kind === where ? [...statements, added] : [...statements])));
  }), RUNS);
});

test('taking an Allow out of any policy never allows more', () => {
  fc.assert(fc.property(scene, fc.nat(), (one, at) => allowsNoMore(one, rewritten(one, (statements) => {
    const allows = statements.filter(({ Effect }) => Effect === 'Allow');
    return statements.filter((statement) => statement !== allows[at % Math.max(allows.length, 1)]);
  }))), RUNS);
});

test('a condition more on every Allow never allows more', () => {
  holds((one) => allowsNoMore(one, rewritten(one, (statements) => statements.map((statement) =>
    (statement.Effect === 'Allow' ? { ...statement, Condition: { ...statement.Condition, Null: { ...statement.Condition?.Null, 'aws:SourceAccount': 'true' } } } : statement)))));
});

test('a condition more on every Deny never allows less', () => {
  holds((one) => allowsNoMore(rewritten(one, (statements) => statements.map((statement) =>
    (statement.Effect === 'Deny' ? { ...statement, Condition: { ...statement.Condition, Bool: { ...statement.Condition?.Bool, 'aws:ViaAWSService': 'true' } } } : statement))), one));
});

test('the order of statements is irrelevant', () => {
  holds((one) => {
    expect(outcomes(rewritten(one, (statements) => [...statements].reverse()))).toEqual(outcomes(one));
    return true;
  });
});

test('a statement twice is as good as once', () => {
  holds((one) => {
    const doubled = rewritten(one, (statements) => statements.flatMap((statement) => [statement, { ...statement, Sid: `${statement.Sid}Again` }]));
    expect(outcomes(doubled)).toEqual(outcomes(one));
    return true;
  });
});

test('actions and names of condition keys may be written in any case', () => {
  const shout = (names: string | readonly string[] | undefined) => names && [names].flat().map((name) => name.toUpperCase());
  holds((one) => {
    const shouted = rewritten(one, (statements) => statements.map(({ Action, NotAction, Condition, ...rest }) => ({
      ...rest,
      ...(Action && { Action: shout(Action) }),
      ...(NotAction && { NotAction: shout(NotAction) }),
      ...(Condition && {
        Condition: Object.fromEntries(Object.entries(Condition).map(([operator, keys]) =>
          [operator, Object.fromEntries(Object.entries(keys).map(([key, value]) => [key.toUpperCase(), value]))])),
      }),
    })));
    expect(outcomes(shouted)).toEqual(outcomes(one));
    return true;
  });
});

describe('grants', () => {
  const grant = (grantee: string): fc.Arbitrary<GrantFacts> => fc.record({
    grantId: fc.constant('g1'),
    granteePrincipal: fc.constant(grantee),
    operations: fc.subarray(['Decrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey', 'GetPublicKey']),
    constraints: fc.constantFrom(undefined, { EncryptionContextSubset: { tenant: 't1' } }, { EncryptionContextEquals: { stage: 'x' } }),
  });
  const granted = ({ world, requests }: Scene, grants: readonly GrantFacts[]): Scene =>
    ({ world, requests: requests.map((request) => ({ ...request, key: { ...request.key!, grants } })) });

  test('never allow what a policy denies, and never deny', () => {
    fc.assert(fc.property(scene, fc.constantFrom('role/App', 'user/Bob').chain((name) => grant(`arn:aws:iam::111122223333:${name}`)), (one, given) => {
      const before = decisions(one);
      decisions(granted(one, [given])).forEach((after, index) => {
        if (before[index].outcome === 'ExplicitlyDenied') expect(after.outcome).toBe('ExplicitlyDenied');
        if (before[index].allowed) expect(after.allowed).toBe(true);
      });
    }), RUNS);
  });

  test('with a constraint allow no more than without', () => {
    fc.assert(fc.property(scene, grant('arn:aws:iam::111122223333:user/Bob'), (one, given) =>
      allowsNoMore(granted(one, [{ ...given, constraints: undefined }]), granted(one, [given]))), RUNS);
  });
});

describe('every decision', () => {
  const policiesOf = ({ policies = [], boundary, sessionPolicies = [] }: IdentityFacts) =>
    [...policies, ...(boundary ? [boundary] : []), ...sessionPolicies].map(({ document }) => document);
  const statementsOf = (world: World, request: KmsRequest) =>
    [request.key!.policy, ...world.identities.flatMap(policiesOf)].flatMap(({ Statement }) => Statement as PolicyStatement[]);

  test('names statements that exist and have the effect it says', () => {
    holds(({ world, requests }) => requests.every((request) => decide(world, request).decidedBy.every(({ statement, effect }) =>
      statementsOf(world, request).some(({ Sid, Effect }) => Sid === statement && Effect === effect))));
  });

  test('is of one kind: allowed by Allows, denied by one Deny, or denied by nobody', () => {
    holds((one) => decisions(one).every(({ outcome, allowed, decidedBy, nearMisses }) => {
      if (outcome === 'Allowed') return allowed && decidedBy.length > 0 && decidedBy.every(({ effect }) => effect === 'Allow') && nearMisses.length === 0;
      if (outcome === 'ExplicitlyDenied') return !allowed && decidedBy.length === 1 && decidedBy[0].effect === 'Deny' && nearMisses.length === 0;
      return !allowed && decidedBy.length === 0 && nearMisses.every(({ statement }) => statement.effect === 'Allow');
    }));
  });

  test('is the same the second time', () => {
    holds((one) => {
      expect(decisions(one)).toEqual(decisions(one));
      return true;
    });
  });

  test('stands on the statements of the key policy that it names, alone', () => {
    holds(({ world, requests }) => requests.every((request) => {
      const { decidedBy, allowed } = decide(world, request);
      const named = new Set(decidedBy.filter(({ kind }) => kind === 'key policy').map(({ statement }) => statement));
      if (!allowed || named.size === 0) return true;
      const before = { world, requests: [request] };
      const after = rewritten(before, (statements, kind) => (kind === 'key' ? statements.filter(({ Sid }) => named.has(Sid!)) : [...statements]));
      return decisions(after)[0].allowed;
    }));
  });
});

describe('policies that are no policies', () => {
  const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('*', 'kms:*', null, {}, []));
  const broken = fc.record({
    Sid: fc.oneof(fc.constant('Broken'), junk),
    Effect: fc.oneof(fc.constantFrom('Allow', 'Deny'), junk),
    Principal: junk,
    NotPrincipal: junk,
    Action: junk,
    NotAction: junk,
    Resource: junk,
    NotResource: junk,
    Condition: junk,
  }, { requiredKeys: [] }) as fc.Arbitrary<PolicyStatement>;

  test('are answered, not thrown at', () => {
    fc.assert(fc.property(scenes(1), fc.oneof(broken, junk as fc.Arbitrary<PolicyStatement>), (one, statement) => {
      const spoiled = rewritten(one, (statements) => [...statements, statement]);
      return typeof decisions(spoiled)[0].allowed === 'boolean';
    }), { numRuns: 300 });
  });

  test('never allow more than without the broken statement', () => {
    fc.assert(fc.property(scenes(1), broken, (one, statement) => {
      const deny = { ...statement, Effect: 'Deny' as const };
      return allowsNoMore(one, rewritten(one, (statements) => [...statements, deny]));
    }), { numRuns: 200 });
  });

  test('with an operator that does not exist allow nothing', () => {
    holds((one) => decisions(rewritten(one, (statements) => [...statements, {
      Sid: 'Broken', Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*', Condition: { StringMatches: { 'aws:SourceIp': 'x' } },
    }])).every(({ allowed }) => !allowed));
  });
});
