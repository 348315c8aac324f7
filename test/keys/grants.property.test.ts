import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, CompositePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import fc from 'fast-check';
import { AccountAccess, KmsService, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../src';
import { decide } from '../../src/authz';
import type { IdentityFacts, KeyFacts } from '../../src/authz';
import { bucketIn, tableIn } from '../services/support/resources';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

/**
 * Whatever is granted, in whatever order, on whatever key: the decisions on the synthesized policy are what was granted. Nobody else is let in, though IAM
 * allows everybody everything, and nobody to more.
 */

const { ADMINISTRATION_ONLY, NONE } = AccountAccess;
const EXACT = [ADMINISTRATION_ONLY, NONE];
const RUNS = { numRuns: 15 };

type Grant = (key: SymmetricDataKey, grantee: IGrantable) => unknown;

const DATA_KEYS = ['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'];
const PAIRS = ['kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext'];

/** The ways to grant a direct use of a data key, and what each is for. */
const WAYS: Readonly<Record<string, { readonly grant: Grant; readonly actions: readonly string[] }>> = {
  'encrypt': { grant: (key, who) => key.grants.encrypt(who), actions: ['kms:Encrypt'] },
  'decrypt': { grant: (key, who) => key.grants.decrypt(who), actions: ['kms:Decrypt'] },
  'generate data keys': { grant: (key, who) => key.grants.generateDataKeys(who), actions: DATA_KEYS },
  'generate data key pairs': { grant: (key, who) => key.grants.generateDataKeyPairs(who), actions: PAIRS },
  're-encrypt to': { grant: (key, who) => key.grants.reEncryptTo(who), actions: ['kms:ReEncryptTo'] },
  're-encrypt from': { grant: (key, who) => key.grants.reEncryptFrom(who), actions: ['kms:ReEncryptFrom'] },
  'CDK’s decrypt': { grant: (key, who) => key.grantDecrypt(who), actions: ['kms:Decrypt'] },
  'CDK’s encrypt': { grant: (key, who) => key.grantEncrypt(who), actions: ['kms:Encrypt', ...DATA_KEYS, ...PAIRS] },
  'CDK’s grant': { grant: (key, who) => key.grant(who, 'kms:Decrypt', 'kms:GenerateDataKey'), actions: ['kms:Decrypt', 'kms:GenerateDataKey'] },
};

const ESCALATIONS = ['kms:CreateGrant', 'kms:ReplicateKey', 'kms:PutKeyPolicy'];
const USES = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', ...DATA_KEYS, ...PAIRS];

/** Somebody whose IAM policies allow everything. */
const almighty = (arn: string): IdentityFacts =>
  ({ arn, policies: [{ name: 'AdministratorAccess', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } } }] });

const FOREIGN = `arn:aws:iam::${OTHER_ACCOUNT.account}:role/Theirs`;
const IMPORTED = `arn:aws:iam::${HERE.account}:role/team/Imported`;

/** Roles by what they are in the app, and the ARNs they have then. */
const ROLES = ['One', 'Two', 'Named', 'Elsewhere', 'Imported'] as const;

function cast(app: App, stack: Stack): Record<(typeof ROLES)[number], Role | ArnPrincipal> {
  const elsewhere = new Stack(app, 'Elsewhere', { env: HERE });
  return {
    One: roleIn(stack, 'One'),
    Two: roleIn(stack, 'Two'),
    Named: roleIn(stack, 'Named', { roleName: 'named', path: '/team/' }),
    Elsewhere: roleIn(elsewhere, 'Role'),
    Imported: new ArnPrincipal(IMPORTED),
  };
}

/** Allowed actions out of some, for a caller whom IAM allows everything. */
function allowed(key: KeyFacts, principal: string, actions: readonly string[], encryptionContext?: Record<string, string>): string[] {
  const world = { identities: [almighty(principal)] };
  return actions.filter((action) => decide(world, { principal, action, key, encryptionContext }).allowed).sort();
}

const contracts = fc.record({
  pairs: fc.dictionary(fc.constantFrom('Project', 'Stage'), fc.constantFrom('Orders', 'a b', '*', 'é')),
  keys: fc.subarray(['tenant', 'batch']),
});
const oneGrant = fc.record({ way: fc.constantFrom(...Object.keys(WAYS)), roles: fc.subarray([...ROLES], { minLength: 1, maxLength: 2 }) });
const grants = fc.array(oneGrant, { maxLength: 8 });

test('direct uses of a data key are those that were granted, under the contract', () => {
  fc.assert(fc.property(grants, contracts, fc.constantFrom(...EXACT), (given, { pairs, keys }, accountAccess) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const roles = cast(app, stack);
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess, encryptionContext: pairs, contextKeys: keys });
    for (const { way, roles: [first, ...more] } of given) {
      WAYS[way].grant(key, more.length ? new CompositePrincipal(...[first, ...more].map((name) => roles[name])) : roles[first]);
    }
    const deployed = new Deployed(app);
    const facts = deployed.keyOf(key);
    const kept = { ...pairs, ...Object.fromEntries(keys.map((name) => [name, 'x'])) };
    const arnOf = (name: (typeof ROLES)[number]) => (name === 'Imported' ? IMPORTED : deployed.arnOf(roles[name] as Role));

    for (const name of ROLES) {
      const expected = new Set(given.filter((grant) => grant.roles.includes(name)).flatMap(({ way }) => WAYS[way].actions));
      expect({ name, may: allowed(facts, arnOf(name), [...USES, ...ESCALATIONS], kept) }).toEqual({ name, may: [...expected].sort() });
      for (const missing of Object.keys(kept)) {
        const rest = Object.fromEntries(Object.entries(kept).filter(([other]) => other !== missing));
        expect({ name, missing, may: allowed(facts, arnOf(name), USES, rest) }).toEqual({ name, missing, may: [] });
      }
      if (Object.keys(kept).length) expect(allowed(facts, arnOf(name), USES, { ...kept, more: 'x' })).toEqual([]);
    }
    for (const stranger of [`arn:aws:iam::${HERE.account}:role/Stranger`, `arn:aws:iam::${HERE.account}:role/team/One`, FOREIGN, executionRole()]) {
      expect({ stranger, may: allowed(facts, stranger, USES, kept) }).toEqual({ stranger, may: [] });
    }
  }), RUNS);
});

const BUCKETS = ['invoices', 'orders', 'logs'];
const usesOfBuckets = fc.array(fc.record({ who: fc.constantFrom('One', 'Two', 'Three'), on: fc.constantFrom(...BUCKETS), writes: fc.boolean() }), { maxLength: 6 });

test('uses through a service are those that its resources granted, for the resources that have the same view', () => {
  const some = fc.subarray(BUCKETS);
  fc.assert(fc.property(usesOfBuckets, some, some, fc.constantFrom(...EXACT), (given, encrypted, sharing, accountAccess) => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess, encryptionContext: { Project: 'Orders' } });
    const roles = Object.fromEntries(['One', 'Two', 'Three'].map((id) => [id, roleIn(stack, id)]));
    const shared = key.forService(KmsService.S3);
    const viewOf = (name: string) => (sharing.includes(name) ? shared : key.forService(KmsService.S3));
    const buckets = Object.fromEntries(encrypted.map((name) => [name, bucketIn(stack, name, viewOf(name), name)]));
    const real = given.filter(({ on }) => encrypted.includes(on));
    for (const { who, on, writes } of real) writes ? buckets[on].grantPut(roles[who]) : buckets[on].grantRead(roles[who]);
    const deployed = new Deployed(app);
    const facts = deployed.keyOf(key);

    const may = (arn: string, via: string, object: string) => {
      const request = { principal: arn, key: facts, viaService: `${via}.${HERE.region}.amazonaws.com`, encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::${object}` } };
      return USES.filter((action) => decide({ identities: [almighty(arn)] }, { ...request, action }).allowed).sort();
    };
    for (const [who, role] of Object.entries(roles)) {
      const arn = deployed.arnOf(role);
      for (const name of encrypted) {
        const own = real.filter((grant) => grant.who === who && (grant.on === name || (sharing.includes(grant.on) && sharing.includes(name))));
        const expected = [...own.length ? ['kms:Decrypt'] : [], ...own.some(({ writes }) => writes) ? ['kms:GenerateDataKey'] : []];
        expect({ who, name, may: may(arn, 's3', `${name}/1.pdf`) }).toEqual({ who, name, may: expected });
      }
      expect({ who, may: [...may(arn, 's3', 'elsewhere/1.pdf'), ...may(arn, 'dynamodb', `${encrypted[0]}/1.pdf`), ...allowed(facts, arn, USES, { Project: 'Orders' })] }).toEqual({ who, may: [] });
    }
    for (const stranger of [`arn:aws:iam::${HERE.account}:role/Stranger`, FOREIGN]) expect(encrypted.flatMap((name) => may(stranger, 's3', `${name}/1.pdf`))).toEqual([]);
  }), RUNS);
});

test('the uses of a signing key are those that were granted, with its algorithm and its message type', () => {
  const duty = fc.constantFrom('sign' as const, 'verify' as const, 'readPublicKey' as const);
  const ALGORITHMS: Readonly<Record<string, readonly [algorithm: string, messageType: string]>> = {
    [SigningAlgorithm.ES256]: ['ECDSA_SHA_256', 'DIGEST'], [SigningAlgorithm.PS256]: ['RSASSA_PSS_SHA_256', 'DIGEST'],
  };
  const signs = fc.array(fc.record({ who: fc.constantFrom('One', 'Two'), duty }), { maxLength: 4 });
  fc.assert(fc.property(signs, fc.constantFrom(...Object.keys(ALGORITHMS)), fc.constantFrom(...EXACT), (given, algorithm, accountAccess) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SigningKey(stack, 'Key', { accountAccess, algorithm: algorithm as SigningAlgorithm });
    const roles = Object.fromEntries(['One', 'Two'].map((id) => [id, roleIn(stack, id)]));
    for (const { who, duty: granted } of given) key.grants[granted](roles[who]);
    const deployed = new Deployed(app);
    const facts = deployed.keyOf(key);
    const may = (arn: string, SigningAlgorithmName: string, messageType: string) => ['kms:GetPublicKey', 'kms:Sign', 'kms:Verify', ...ESCALATIONS].filter((action) => {
      const conditionKeys = { 'kms:SigningAlgorithm': SigningAlgorithmName, 'kms:MessageType': messageType };
      return decide({ identities: [almighty(arn)] }, { principal: arn, action, key: facts, conditionKeys }).allowed;
    });
    const ACTIONS = { sign: 'kms:Sign', verify: 'kms:Verify', readPublicKey: 'kms:GetPublicKey' };
    const [own, type] = ALGORITHMS[algorithm];
    for (const [who, role] of Object.entries(roles)) {
      const expected = [...new Set(given.filter((grant) => grant.who === who).map((grant) => ACTIONS[grant.duty]))].sort();
      expect(may(deployed.arnOf(role), own, type)).toEqual(expected);
      const reads = expected.filter((action) => action === 'kms:GetPublicKey');
      expect([may(deployed.arnOf(role), 'RSASSA_PKCS1_V1_5_SHA_512', type), may(deployed.arnOf(role), own, 'RAW')]).toEqual([reads, reads]);
    }
    expect(may(`arn:aws:iam::${HERE.account}:role/Stranger`, own, type)).toEqual([]);
  }), RUNS);
});

/** Looking after a key: what each duty is for, and what it must not give. */
const LIFE = ['kms:DescribeKey', 'kms:DisableKey', 'kms:EnableKey', 'kms:EnableKeyRotation', 'kms:GetKeyPolicy', 'kms:RevokeGrant', 'kms:ScheduleKeyDeletion', 'kms:TagResource'];
const LOOKS = ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetKeyRotationStatus', 'kms:ListGrants', 'kms:ListResourceTags'];
const OWNS = ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'];

test('a key is looked after by those who were named, each for the own duty', () => {
  const names = fc.subarray(['One', 'Two', 'Three']);
  fc.assert(fc.property(names, names, names, fc.constantFrom(...EXACT), (administrators, policyOwners, auditors, accountAccess) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const roles = Object.fromEntries(['One', 'Two', 'Three'].map((id) => [id, roleIn(stack, id)]));
    const some = (ids: string[]) => ids.map((id) => roles[id]);
    const lookAfter = { administrators: some(administrators), policyOwners: some(policyOwners), auditors: some(auditors) };
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess, ...lookAfter });
    const deployed = new Deployed(app);
    const facts = deployed.keyOf(key);
    const all = [...new Set([...LIFE, ...LOOKS, ...OWNS, ...ESCALATIONS, ...USES])];
    const isLetIn = (principal: string, action: string) => decide({ identities: [{ arn: principal }] }, { principal, action, key: facts }).allowed;
    const bare = (principal: string) => all.filter((action) => isLetIn(principal, action)).sort();

    for (const [id, role] of Object.entries(roles)) {
      const jobs = [
        ...administrators.includes(id) ? [LIFE, LOOKS] : [], ...policyOwners.includes(id) ? [OWNS] : [], ...auditors.includes(id) ? [LOOKS] : [],
      ];
      expect({ id, may: bare(deployed.arnOf(role)) }).toEqual({ id, may: [...new Set(jobs.flat())].sort() });
      if (!policyOwners.includes(id)) expect(allowed(facts, deployed.arnOf(role), [...ESCALATIONS, ...USES])).toEqual([]);
    }
    expect(allowed(facts, executionRole(), ESCALATIONS)).toEqual(['kms:PutKeyPolicy']);
    const stranger = `arn:aws:iam::${HERE.account}:role/Stranger`;
    expect(allowed(facts, stranger, all)).toEqual(accountAccess === NONE ? [] : [...new Set([...LIFE, ...LOOKS])].sort());
  }), RUNS);
});

test('a policy that had to be squeezed says the same', () => {
  const duties = ['encrypt', 'decrypt', 'generate data keys', 're-encrypt to'];
  const arnOf = (name: string) => `arn:aws:iam::${HERE.account}:role/team/${name}`;
  const many = [...Array(150).keys()].map((n) => arnOf(`service-with-a-rather-long-name-${n}`));
  const other = arnOf('other');
  fc.assert(fc.property(fc.subarray(duties, { minLength: 3 }), fc.subarray(['One', 'Two']), fc.constantFrom(...EXACT), (shared, tables, accountAccess) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess, encryptionContext: { Project: 'Orders' } });
    for (const arn of many) for (const way of shared) WAYS[way].grant(key, new ArnPrincipal(arn));
    WAYS['re-encrypt from'].grant(key, new ArnPrincipal(other));
    for (const name of tables) tableIn(stack, name, key.forService(KmsService.DYNAMODB), name).grantReadData(new ArnPrincipal(other));
    const facts = new Deployed(app).keyOf(key);
    expect([facts.policy.Statement].flat().filter(({ Principal }) => JSON.stringify(Principal).includes(many[0]))).toHaveLength(1);

    const context = { Project: 'Orders' };
    for (const arn of [many[0], many[149]]) {
      expect(allowed(facts, arn, [...USES, ...ESCALATIONS], context)).toEqual(shared.flatMap((way) => WAYS[way].actions).sort());
      expect(allowed(facts, arn, USES, {})).toEqual([]);
    }
    expect(allowed(facts, other, [...USES, ...ESCALATIONS], context)).toEqual(['kms:ReEncryptFrom']);
    expect(allowed(facts, other, USES, {})).toEqual([]);
    expect(allowed(facts, arnOf('Stranger'), USES, context)).toEqual([]);
  }), { numRuns: 6 });
});
