import { App, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import fc from 'fast-check';
import { AccountAccess, ClientEncryptionKey, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../src';
import type { KeysmithKey } from '../../src';
import { SIGNING } from '../../src/spec/signing';
import { almightyRoleIn, Deployed, HERE, roleIn } from '../support/deployed';
import type { Call } from '../support/deployed';

const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
const GOOD = { Project: 'Orders', tenant: 't1' };
const DATA_ACTIONS = ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext', 'kms:ReEncryptTo', 'kms:ReEncryptFrom', 'kms:DescribeKey', 'kms:CreateGrant', 'kms:PutKeyPolicy'];

/** One key with one role for each duty, each in a world of its own only as far as the account access goes. */
function stage(accountAccess: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const data = new SymmetricDataKey(stack, 'Data', { accountAccess, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] });
  const tenants = new SymmetricDataKey(stack, 'Tenants', { accountAccess, encryptionContext: { tenant: '${aws:PrincipalTag/tenant}' } });
  const open = new SymmetricDataKey(stack, 'Open', { accountAccess });
  const signer = new SigningKey(stack, 'Signer', { accountAccess });
  const sealer = new ClientEncryptionKey(stack, 'Sealer', { accountAccess });
  const grant = (id: string, give: (role: Role) => unknown): Role => {
    const role = roleIn(stack, id);
    give(role);
    return role;
  };
  const roles = {
    'encrypt': grant('Encrypt', (role) => data.grants.encrypt(role)),
    'decrypt': grant('Decrypt', (role) => data.grants.decrypt(role)),
    'generate data keys': grant('DataKeys', (role) => data.grants.generateDataKeys(role)),
    'generate data key pairs': grant('Pairs', (role) => data.grants.generateDataKeyPairs(role)),
    're-encrypt to': grant('To', (role) => data.grants.reEncryptTo(role)),
    're-encrypt from': grant('From', (role) => data.grants.reEncryptFrom(role)),
    'decrypt for its tenant': grant('Tenant', (role) => tenants.grants.decrypt(role)),
    'decrypt anything': grant('Any', (role) => open.grants.decrypt(role)),
    'sign': grant('Sign', (role) => signer.grants.sign(role)),
    'verify': grant('Verify', (role) => signer.grants.verify(role)),
    'publish': grant('Publish', (role) => signer.grants.readPublicKey(role)),
    'issue tokens': grant('Issue', (role) => signer.grants.issueTokens(role)),
    'open': grant('OpenSealed', (role) => sealer.grants.decrypt(role)),
    'seal': grant('Seal', (role) => sealer.grants.encrypt(role)),
    'hand out': grant('HandOut', (role) => sealer.grants.readPublicKey(role)),
    'describe': grant('Describe', (role) => [data, signer, sealer].forEach((key) => key.grants.describe(role))),
  };
  return { deployed: new Deployed(app), data, tenants, open, signer, sealer, roles };
}

type World = ReturnType<typeof stage>;
const worlds = new Map(Object.values(AccountAccess).map((access) => [access, stage(access)]));
const allowedActions = ({ deployed, roles }: World, duty: keyof World['roles'], key: KeysmithKey, actions: string[], call: Call) =>
  actions.filter((action) => deployed.decide(roles[duty], action, key, call).allowed);

describe.each([...worlds])('under %s', (_, world) => {
  const outcome = (duty: keyof World['roles'], action: string, key: KeysmithKey, call: Call) => world.deployed.outcome(world.roles[duty], action, key, call);

  test.each<[keyof World['roles'], string[]]>([
    ['encrypt', ['kms:Encrypt']],
    ['decrypt', ['kms:Decrypt']],
    ['generate data keys', ['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext']],
    ['generate data key pairs', ['kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext']],
    ['re-encrypt to', ['kms:ReEncryptTo']],
    ['re-encrypt from', ['kms:ReEncryptFrom']],
    ['sign', []],
    ['describe', ['kms:DescribeKey']],
  ])('the duty to %s on a data key is %j and nothing else', (duty, actions) => {
    expect(allowedActions(world, duty, world.data, DATA_ACTIONS, { context: GOOD, parameters: AES })).toEqual(actions);
  });

  test.each<[keyof World['roles'], 'signer' | 'sealer', string[]]>([
    ['sign', 'signer', ['kms:Sign']],
    ['verify', 'signer', ['kms:Verify']],
    ['publish', 'signer', ['kms:GetPublicKey']],
    ['issue tokens', 'signer', ['kms:Sign', 'kms:GetPublicKey']],
    ['open', 'sealer', ['kms:Decrypt']],
    ['seal', 'sealer', ['kms:Encrypt']],
    ['hand out', 'sealer', ['kms:GetPublicKey']],
    ['decrypt', 'sealer', []],
    ['describe', 'signer', ['kms:GetPublicKey', 'kms:DescribeKey']],
    ['describe', 'sealer', ['kms:GetPublicKey', 'kms:DescribeKey']],
  ])('the duty to %s on the %s is %j and nothing else', (duty, key, actions) => {
    const parameters = key === 'signer' ? { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' } : { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' };
    const all = ['kms:Sign', 'kms:Verify', 'kms:GetPublicKey', 'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:DescribeKey', 'kms:CreateGrant'];
    expect(allowedActions(world, duty, world[key], all, { parameters })).toEqual(actions);
  });

  test.each<[string, Record<string, string> | undefined, boolean]>([
    ['exactly the declared pair and key', GOOD, true],
    ['the pair of signed suites besides', { ...GOOD, 'aws-crypto-public-key': 'A' }, true],
    ['no context', undefined, false],
    ['the fixed pair alone', { Project: 'Orders' }, false],
    ['the caller\'s key alone', { tenant: 't1' }, false],
    ['another value of the fixed pair', { ...GOOD, Project: 'Invoices' }, false],
    ['a value in other case', { ...GOOD, Project: 'orders' }, false],
    ['a key in other case', { project: 'Orders', tenant: 't1' }, false],
    ['an empty value of the caller\'s', { ...GOOD, tenant: '' }, false],
    ['one pair more', { ...GOOD, more: 'x' }, false],
    ['a service\'s context', { 'aws:s3:arn': 'arn:aws:s3:::bucket' }, false],
  ])('a direct call with %s', (_case, context, allowed) => {
    expect(['decrypt', 'encrypt'].map((duty) => world.deployed.decide(world.roles[duty as 'decrypt'], `kms:${duty[0].toUpperCase()}${duty.slice(1)}`, world.data, { context, parameters: AES }).allowed))
      .toEqual([allowed, allowed]);
  });

  test('a direct call is allowed exactly under the contract', () => {
    const pair = fc.tuple(fc.constantFrom('Project', 'project', 'tenant', 'Tenant', 'more', 'aws-crypto-public-key', 'aws:s3:arn'), fc.constantFrom('Orders', 'orders', 't1', ''));
    fc.assert(fc.property(fc.array(pair, { maxLength: 4 }), (pairs) => {
      const context = Object.fromEntries(pairs);
      const { 'Project': project, tenant, 'aws-crypto-public-key': _signature, ...others } = context;
      // IAM takes an empty value for none (IAM User Guide, "Condition operator to check existence of condition keys").
      const kept = project === 'Orders' && Boolean(tenant) && Object.keys(others).length === 0;
      expect(world.deployed.decide(world.roles.decrypt, 'kms:Decrypt', world.data, { context, parameters: AES }).allowed).toBe(kept);
    }), { numRuns: 300 });
  });

  test.each<[string, Call, boolean]>([
    ['its own tenant\'s context', { context: { tenant: 'blue' }, tags: { tenant: 'blue' } }, true],
    ['another tenant\'s context', { context: { tenant: 'green' }, tags: { tenant: 'blue' } }, false],
    ['no tag', { context: { tenant: 'blue' } }, false],
    ['no tag and no context', {}, false],
  ])('a caller whose tag is in the contract decrypts with %s: %#', (_case, call, allowed) => {
    expect(outcome('decrypt for its tenant', 'kms:Decrypt', world.tenants, { ...call, parameters: AES }) === 'Allowed').toBe(allowed);
  });

  test('a key without a contract takes any context', () => {
    const contexts: (Record<string, string> | undefined)[] = [undefined, {}, { anything: 'goes' }];
    expect(contexts.map((context) => outcome('decrypt anything', 'kms:Decrypt', world.open, { context, parameters: AES }))).toEqual(Array(3).fill('Allowed'));
  });

  test.each<[string, keyof World['roles'], 'signer' | 'sealer', string, Record<string, string>]>([
    ['another digest', 'sign', 'signer', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_384', MessageType: 'DIGEST' }],
    ['another digest in tokens', 'issue tokens', 'signer', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_384', MessageType: 'DIGEST' }],
    ['the other message type in tokens', 'issue tokens', 'signer', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'RAW' }],
    ['the other message type', 'sign', 'signer', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'RAW' }],
    ['the other message type', 'verify', 'signer', 'kms:Verify', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'RAW' }],
    ['the other algorithm', 'open', 'sealer', 'kms:Decrypt', { EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
    ['the other algorithm', 'seal', 'sealer', 'kms:Encrypt', { EncryptionAlgorithm: 'RSAES_OAEP_SHA_1' }],
  ])('%s is not covered by the duty to %s', (_case, duty, key, action, parameters) => {
    expect(outcome(duty, action, world[key], { parameters })).toBe('ImplicitlyDenied');
  });
});

test('a duty that holds another makes no statement twice', () => {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const signer = new SigningKey(stack, 'Signer');
  const [watcher, publisher] = ['Watcher', 'Publisher'].map((id) => roleIn(stack, id));
  signer.grants.describe(watcher);
  signer.grants.readPublicKey(publisher);
  signer.grants.readPublicKey(watcher);
  const statements = [new Deployed(app).keyOf(signer).policy.Statement].flat().filter(({ Action }) => [Action].flat().includes('kms:GetPublicKey'));
  expect(statements).toHaveLength(1);
});

describe('under DELEGATE_TO_IAM, the contract binds those whom IAM policies let in', () => {
  test.each<[string, string, Call, string]>([
    ['directly, under the contract', 'kms:Decrypt', { context: GOOD }, 'Allowed'],
    ['directly, without a context', 'kms:Decrypt', {}, 'ExplicitlyDenied'],
    ['directly, with another value', 'kms:GenerateDataKey', { context: { ...GOOD, Project: 'x' } }, 'ExplicitlyDenied'],
    ['directly, with a pair more', 'kms:ReEncryptFrom', { context: { ...GOOD, more: 'x' } }, 'ExplicitlyDenied'],
    ['through a service, whose context is its own', 'kms:Decrypt', { via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::bucket' } }, 'Allowed'],
    ['on actions that carry none', 'kms:DescribeKey', {}, 'Allowed'],
  ])('%s: %s', (_case, action, call, outcome) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Data', { accountAccess: AccountAccess.DELEGATE_TO_IAM, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] });
    const almighty = almightyRoleIn(stack, 'Almighty');
    expect(new Deployed(app).outcome(almighty, action, key, { ...call, parameters: AES })).toBe(outcome);
  });
});

describe('every signing algorithm', () => {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const role = roleIn(stack, 'Signer');
  const keys = Object.values(SigningAlgorithm).map((algorithm) => {
    const key = new SigningKey(stack, algorithm.replace(/-/g, ''), { algorithm });
    key.grants.sign(role);
    return { algorithm, key };
  });
  const deployed = new Deployed(app);

  test.each(keys)('$algorithm signs with its one message type', ({ algorithm, key }) => {
    const { kmsName, messageType, keySpecs } = SIGNING[algorithm];
    expect(deployed.keyOf(key)).toMatchObject({ spec: keySpecs[0], usage: 'SIGN_VERIFY' });
    const outcomes = ['RAW', 'DIGEST', 'EXTERNAL_MU'].map((MessageType) =>
      [MessageType, deployed.outcome(role, 'kms:Sign', key, { parameters: { SigningAlgorithm: kmsName, MessageType } })]);
    expect(outcomes.filter(([, outcome]) => outcome === 'Allowed')).toEqual([[messageType, 'Allowed']]);
  });
});
