import fc from 'fast-check';
import { completion, iamStatement, keyStatement, scenes } from './generated';
import type { Scene } from './generated';
import { decide } from '../../src/authz';
import type { Bound, IdentityFacts, KeyFacts, KmsRequest, PolicyStatement, World } from '../../src/authz';

/** What surely is allowed, and what may be: both sides of what is not known. */

const ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const APP = 'arn:aws:iam::111122223333:role/App';
const SESSION = 'arn:aws:sts::111122223333:assumed-role/App/s1';
const SYMBOL = 'unresolved-0123456789abcdef';
const USE: PolicyStatement = { Sid: 'Use', Effect: 'Allow', Principal: { AWS: APP }, Action: 'kms:Decrypt', Resource: '*' };
const NO: PolicyStatement = { ...USE, Sid: 'No', Effect: 'Deny', Principal: '*' };
const ROOT: PolicyStatement = { ...USE, Sid: 'Account', Principal: { AWS: 'arn:aws:iam::111122223333:root' } };

const key = (Statement: PolicyStatement[], more: Partial<KeyFacts> = {}): KeyFacts =>
  ({ arn: ARN, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', policy: { Version: '2012-10-17', Statement }, ...more });

/** The answers with either bound. */
function answers(statements: PolicyStatement[], request: Partial<KmsRequest> = {}, world: World = { identities: [] }): string {
  const full: KmsRequest = { principal: SESSION, action: 'kms:Decrypt', key: key(statements), ...request };
  const [surely, perhaps] = (['surely', 'perhaps'] as const).map((bound) => decide(world, full, { bound }).allowed);
  return surely ? (perhaps ? 'surely' : 'surely, and not perhaps') : perhaps ? 'perhaps' : 'no';
}

describe('the two bounds', () => {
  const mfa = (operator: string, value: string) => ({ [operator]: { 'aws:MultiFactorAuthPresent': value } });
  const tenant = (value: string) => ({ StringEquals: { 'kms:EncryptionContext:tenant': value } });
  const context = { encryptionContext: { tenant: 't1' } };

  test.each<[string, PolicyStatement[], Partial<KmsRequest>, string]>([
    ['an Allow without conditions', [USE], {}, 'surely'],
    ['no Allow', [], {}, 'no'],
    ['an Allow whose condition fails', [{ ...USE, Condition: tenant('t2') }], context, 'no'],
    ['an Allow on what is not known', [{ ...USE, Condition: mfa('Bool', 'true') }], {}, 'perhaps'],
    ['an Allow on the presence of what may be there', [{ ...USE, Condition: mfa('Null', 'false') }], {}, 'perhaps'],
    ['an Allow on what is not known and on what fails', [{ ...USE, Condition: { ...mfa('Bool', 'true'), ...tenant('t2') } }], context, 'no'],
    ['a Deny on what is not known', [USE, { ...NO, Condition: mfa('Bool', 'false') }], {}, 'perhaps'],
    ['a Deny on what is known', [USE, { ...NO, Condition: tenant('t1') }], context, 'no'],
    ['a Deny whose condition fails', [USE, { ...NO, Condition: tenant('t2') }], context, 'surely'],
    ['an Allow where AWS documents no answer', [{ ...USE, Condition: { StringEquals: { 'kms:EncryptionContextKeys': 'tenant' } } }], context, 'perhaps'],
    ['a Deny against a variable without a value, of which a page says two things', [USE, { ...NO, Condition: { StringNotEquals: { 'kms:EncryptionContext:tenant': '${aws:PrincipalTag/tenant}' } } }], context, 'perhaps'],
    ['that with a Deny for who has no such tag', [USE, { ...NO, Condition: { Null: { 'aws:PrincipalTag/tenant': 'true' } } }], context, 'no'],
    ['an unknown principal', [{ ...USE, Principal: { AWS: SYMBOL } }], {}, 'perhaps'],
    ['a role of an unknown name', [{ ...USE, Principal: { AWS: `arn:aws:iam::111122223333:role/${SYMBOL}` } }], {}, 'perhaps'],
    ['a role of an unknown name and another account', [{ ...USE, Principal: { AWS: `arn:aws:iam::444455556666:role/${SYMBOL}` } }], {}, 'no'],
    ['a user of an unknown name', [{ ...USE, Principal: { AWS: `arn:aws:iam::111122223333:user/${SYMBOL}` } }], {}, 'no'],
    ['the account, or an unknown principal, which may be the role itself', [{ ...USE, Principal: { AWS: ['111122223333', SYMBOL] } }], {}, 'perhaps'],
    ['a service of an unknown Region, for another service', [{ ...USE, Principal: { Service: `logs.${SYMBOL}.amazonaws.com` } }], { principal: 'sns.amazonaws.com' }, 'no'],
    ['a service of an unknown Region, for that service', [{ ...USE, Principal: { Service: `logs.${SYMBOL}.amazonaws.com` } }], { principal: 'logs.eu-west-1.amazonaws.com' }, 'perhaps'],
    ['one session of the role, for some session', [{ ...USE, Principal: { AWS: SESSION } }], { principal: APP }, 'perhaps'],
    ['a Deny for one session, for some session', [USE, { ...NO, Principal: { AWS: SESSION } }], { principal: APP }, 'perhaps'],
    ['a Deny for all but the role, without its account', [USE, { ...NO, Principal: undefined, NotPrincipal: { AWS: [APP, SESSION] } }], {}, 'perhaps'],
    ['a Deny for all but another role', [USE, { ...NO, Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::444455556666:role/Other' } }], {}, 'no'],
    ['a Deny for all but the role, its session and its account', [USE, { ...NO, Principal: undefined, NotPrincipal: { AWS: [APP, SESSION, '111122223333'] } }], {}, 'surely'],
    ['an unknown action', [{ ...USE, Action: SYMBOL }], {}, 'perhaps'],
    ['an unknown value', [{ ...USE, Condition: tenant(SYMBOL) }], context, 'perhaps'],
    ['a statement without an action, which has no effect', [{ ...USE, Action: undefined }], {}, 'no'],
    ['a policy that AWS would refuse', [USE, { ...USE, Sid: 'Other', Principal: { AWS: 'garbage' } }], {}, 'no'],
  ])('%s: %#', (_, statements, request, expected) => expect(answers(JSON.parse(JSON.stringify(statements)), request)).toBe(expected));

  const app = (policy: object, more: Partial<IdentityFacts> = {}): World =>
    ({ identities: [{ arn: APP, policies: [{ name: 'own', document: { Version: '2012-10-17', Statement: policy as PolicyStatement } }], ...more }] });
  const named = (Statement: PolicyStatement) => ({ name: 'limit', document: { Version: '2012-10-17', Statement } });
  const all: PolicyStatement = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
  const unknown: PolicyStatement['Condition'] = { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } };

  test.each<[string, World, string]>([
    ['an identity policy on what is not known', app({ ...all, Condition: unknown }), 'perhaps'],
    ['a Deny of an identity policy on what is not known', app([all, { ...all, Effect: 'Deny', Condition: unknown }]), 'perhaps'],
    ['a boundary on what is not known', app(all, { boundary: named({ ...all, Condition: unknown }) }), 'perhaps'],
    ['a boundary that says nothing of it', app(all, { boundary: named({ ...all, Action: 's3:*' }) }), 'no'],
    ['a session policy on what is not known', app(all, { sessionPolicies: [named({ ...all, Condition: unknown })] }), 'perhaps'],
    ['an identity that the world does not name', { identities: [] }, 'no'],
  ])('under delegation: %s', (_, world, expected) => expect(answers([ROOT], {}, world)).toBe(expected));

  test.each<[string, Partial<KmsRequest>, World, string]>([
    ['for the role', {}, { identities: [] }, 'surely'],
    ['for the role, whose boundary says nothing of it: no page says that it limits grants', {}, app(all, { boundary: named({ ...all, Action: 's3:*' }) }), 'perhaps'],
    ['for another operation', { action: 'kms:Encrypt' }, { identities: [] }, 'no'],
  ])('a grant %s', (_, request, world, expected) => {
    const grants = [{ grantId: 'g1', granteePrincipal: APP, operations: ['Decrypt'] }];
    expect(answers([], { key: key([NO_EFFECT], { grants }), ...request }, world)).toBe(expected);
  });

  test.each<[string, object, Partial<KmsRequest>, string]>([
    ['a pair that the request has', { EncryptionContextSubset: { tenant: 't1' } }, context, 'surely'],
    ['a pair with an unknown value', { EncryptionContextSubset: { tenant: SYMBOL } }, context, 'perhaps'],
    ['a pair with an unknown value, and one that the request has not', { EncryptionContextSubset: { tenant: SYMBOL, stage: 'x' } }, context, 'no'],
    ['exactly one pair, of an unknown value', { EncryptionContextEquals: { tenant: SYMBOL } }, context, 'perhaps'],
    ['exactly two pairs', { EncryptionContextEquals: { tenant: SYMBOL, stage: SYMBOL } }, context, 'no'],
    ['an unknown source', { SourceArn: SYMBOL }, { conditionKeys: { 'aws:SourceArn': 'arn:aws:s3:::b' } }, 'perhaps'],
    ['an unknown source, of a request without one', { SourceArn: SYMBOL }, {}, 'no'],
  ])('a grant constrained to %s', (_, constraints, request, expected) => {
    const grants = [{ grantId: 'g1', granteePrincipal: APP, operations: ['Decrypt'], constraints }];
    expect(answers([], { key: key([NO_EFFECT], { grants }), ...request })).toBe(expected);
  });

  test('a user has access keys of its own as long as nothing tells otherwise, and may have temporary credentials', () => {
    const user = 'arn:aws:iam::111122223333:user/Alice';
    expect(answers([{ ...USE, Principal: { AWS: user }, Condition: mfa('Bool', 'true') }], { principal: user })).toBe('perhaps');
    expect(answers([{ ...USE, Principal: { AWS: user } }, { ...NO, Condition: mfa('Bool', 'false') }], { principal: user })).toBe('surely');
  });

  test('a service has no temporary credentials, and no MFA', () => {
    const service = { principal: 'logs.us-east-1.amazonaws.com' };
    expect(answers([{ ...USE, Principal: '*', Condition: mfa('Bool', 'true') }], service)).toBe('no');
    expect(answers([{ ...USE, Principal: '*', Condition: mfa('Null', 'true') }], service)).toBe('surely');
  });

  test('the reason names the statement that may allow', () => {
    const request: KmsRequest = { principal: SESSION, action: 'kms:Decrypt', key: key([{ ...USE, Condition: mfa('Bool', 'true') }]) };
    expect(decide({ identities: [] }, request, { bound: 'perhaps' }).decidedBy).toEqual([expect.objectContaining({ statement: 'Use' })]);
    expect(decide({ identities: [] }, request).nearMisses).toEqual([expect.objectContaining({
      because: "Bool aws:MultiFactorAuthPresent wants 'true', and what the request has is not known here, nor whether it has any",
    })]);
  });
});

const NO_EFFECT: PolicyStatement = { Sid: 'Nothing', Effect: 'Allow', Principal: '*', Resource: '*' };

describe('for all policies', () => {
  const RUNS = { numRuns: 100 };
  const both: readonly Bound[] = ['surely', 'perhaps'];
  const decisions = ({ world, requests }: Scene, bound: Bound) => requests.map((request) => decide(world, request, { bound }).allowed);

  function withKeyStatement({ world, requests }: Scene, statement: PolicyStatement): Scene {
    const policy = { ...requests[0].key!.policy, Statement: [...requests[0].key!.policy.Statement as PolicyStatement[], { ...statement, Sid: 'Added' }] };
    return { world, requests: requests.map((request) => ({ ...request, key: { ...request.key!, policy } })) };
  }

  function withIamStatement({ world, requests }: Scene, where: string, statement: PolicyStatement): Scene {
    const added = <T extends NonNullable<IdentityFacts['boundary']>>(policy: T): T =>
      ({ ...policy, document: { ...policy.document, Statement: [...policy.document.Statement as PolicyStatement[], { ...statement, Sid: 'Added' }] } });
    const identities = world.identities.map((identity) => ({
      ...identity,
      policies: where === 'identity' ? identity.policies?.map(added) : identity.policies,
      boundary: where === 'boundary' ? identity.boundary && added(identity.boundary) : identity.boundary,
      sessionPolicies: where === 'session' ? identity.sessionPolicies?.map(added) : identity.sessionPolicies,
    }));
    return { world: { identities }, requests };
  }

  const addition = fc.record({ where: fc.constantFrom('key', 'identity', 'boundary', 'session'), forKey: keyStatement, forIam: iamStatement });
  const add = (one: Scene, { where, forKey, forIam }: { where: string; forKey: PolicyStatement; forIam: PolicyStatement }, Effect: 'Allow' | 'Deny') =>
    (where === 'key' ? withKeyStatement(one, { ...forKey, Effect }) : withIamStatement(one, where, { ...forIam, Effect }));

  test('what surely is allowed may be', () => {
    fc.assert(fc.property(scenes(6), (one) => {
      const perhaps = decisions(one, 'perhaps');
      return decisions(one, 'surely').every((allowed, index) => !allowed || perhaps[index]);
    }), RUNS);
  });

  test.each(both)('adding an Allow takes nothing away: %s', (bound) => {
    fc.assert(fc.property(scenes(4), addition, (one, added) => {
      const after = decisions(add(one, added, 'Allow'), bound);
      return decisions(one, bound).every((allowed, index) => !allowed || after[index]);
    }), RUNS);
  });

  test.each(both)('adding a Deny gives nothing: %s', (bound) => {
    fc.assert(fc.property(scenes(4), addition, (one, added) => {
      const before = decisions(one, bound);
      return decisions(add(one, added, 'Deny'), bound).every((allowed, index) => !allowed || before[index]);
    }), RUNS);
  });

  /** Of what is not known, what goes with the rest of the request: no address through a VPC endpoint, MFA in sessions of roles only. */
  function fitting({ principal, conditionKeys = {} }: KmsRequest, keys: KmsRequest['conditionKeys']): KmsRequest['conditionKeys'] {
    const session = principal.includes(':assumed-role/');
    return Object.fromEntries(Object.entries(keys ?? {}).filter(([name]) => (
      name === 'aws:SourceIp' ? !('aws:VpcSourceIp' in conditionKeys) : session || !name.startsWith('aws:MultiFactorAuth'))));
  }

  test('knowing more of a request never leaves the two bounds', () => {
    fc.assert(fc.property(scenes(4), completion, (one, keys) => {
      const told = one.requests.map((request) => ({ ...request, conditionKeys: { ...fitting(request, keys), ...request.conditionKeys } }));
      const [before, after] = [one, { ...one, requests: told }].map((scene) => both.map((bound) => decisions(scene, bound)));
      return one.requests.every((_, index) => (!before[0][index] || after[0][index]) && (!after[1][index] || before[1][index]));
    }), RUNS);
  });

  test('there is something between the two', () => {
    const open = fc.sample(scenes(4), { numRuns: 200, seed: 1 }).flatMap((one) => {
      const perhaps = decisions(one, 'perhaps');
      return decisions(one, 'surely').map((allowed, index) => !allowed && perhaps[index]);
    });
    expect(open.filter(Boolean).length).toBeGreaterThan(3);
  });
});
