import { KINDS, scene } from './support/placements';
import type { Places } from './support/placements';
import { resourceArn } from './support/resources';
import { AccountAccess } from '../../src/policy/account-access';
import type { LocalKms } from '../../src/testing';
import { startLocalKms } from '../../src/testing';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole } from '../support/deployed';

const foreign = { Far: OTHER_ACCOUNT };

const REFUSED = { name: 'AccessDeniedException' };

describe.each(Object.entries(KINDS))('a %s', (_, kind) => {
  describe.each<[string, Places]>([
    ['all in one stack', { key: 'A', resource: 'A', role: 'A' }],
    ['a named role in another stack than key and resource', { key: 'A', resource: 'A', role: 'B', named: true }],
    ['a key of its own, a named role beside the resource', { key: 'A', resource: 'B', role: 'B', named: true }],
    ['each in a stack of its own, the role named', { key: 'A', resource: 'B', role: 'C', named: true }],
    ['a named role in another account', { key: 'A', resource: 'A', role: 'Far', named: true, resourceName: 'archive', envs: foreign }],
    ['each in a stack of its own, the role in another account and named', { key: 'A', resource: 'B', role: 'Far', named: true, resourceName: 'archive', envs: foreign }],
    ['where IAM decides, all in one stack', { key: 'A', resource: 'A', role: 'A', accountAccess: AccountAccess.DELEGATE_TO_IAM }],
    ['where IAM decides, a role without a name in another stack', { key: 'A', resource: 'A', role: 'B', accountAccess: AccountAccess.DELEGATE_TO_IAM }],
    ['where IAM decides, a role without a name beside the resource', { key: 'A', resource: 'B', role: 'B', accountAccess: AccountAccess.DELEGATE_TO_IAM }],
  ])('works with %s', (__, places) => {
    let placed: ReturnType<typeof scene>;
    let deployed: Deployed;
    let local: LocalKms;
    let arn: string;

    beforeAll(async () => {
      placed = scene(kind, places);
      deployed = new Deployed(placed.app);
      local = await startLocalKms({ assembly: placed.app.synth().directory });
      arn = resourceArn(deployed, placed.resource);
      await kind.prepare(local, arn, deployed.arnOf(placed.writer));
    });
    afterAll(() => local.stop());

    test('the user is allowed what the service asks for it, and nothing near that', () => {
      const { key, user, stranger } = placed;
      const call = { via: kind.via, context: kind.context(arn) };
      expect({
        through: deployed.outcome(user, 'kms:Decrypt', key, call),
        directly: deployed.outcome(user, 'kms:Decrypt', key, { context: call.context }),
        ofAnother: deployed.outcome(user, 'kms:Decrypt', key, { ...call, context: kind.elsewhere }),
        throughAnother: deployed.outcome(user, 'kms:Decrypt', key, { ...call, via: 'sns' }),
        makingDataKeys: deployed.outcome(user, 'kms:GenerateDataKey', key, call),
        stranger: deployed.outcome(stranger, 'kms:Decrypt', key, call),
      }).toEqual({
        through: 'Allowed',
        directly: 'ImplicitlyDenied',
        ofAnother: 'ImplicitlyDenied',
        throughAnother: 'ImplicitlyDenied',
        makingDataKeys: 'ImplicitlyDenied',
        stranger: 'ImplicitlyDenied',
      });
    });

    test('the user gets at what was stored', async () => {
      await expect(kind.use(local, arn, deployed.arnOf(placed.user))).resolves.toBe('an invoice');
    });

    test('a stranger does not', async () => {
      await expect(kind.use(local, arn, deployed.arnOf(placed.stranger))).rejects.toMatchObject(REFUSED);
    });

    test('the user cannot unwrap its data key directly', async () => {
      const { user, writer } = placed;
      const keeper = kind.via === 's3' ? deployed.arnOf(writer) : executionRole();
      const context = kind.context(arn);
      const wrapped = await local.via(kind.via, keeper, { context }).call('GenerateDataKey', { KeyId: deployed.arnOf(placed.key), KeySpec: 'AES_256' });
      const unwrap = { CiphertextBlob: wrapped.CiphertextBlob, EncryptionContext: context };
      await expect(local.via(kind.via, deployed.arnOf(user), { context }).call('Decrypt', unwrap)).resolves.toMatchObject({ Plaintext: wrapped.Plaintext });
      await expect(local.port(deployed.arnOf(user)).call('Decrypt', unwrap)).rejects.toMatchObject(REFUSED);
    });
  });

  test.each<[string, Places, RegExp]>([
    ['a role without a name in a stack that depends on the key’s', { key: 'A', resource: 'A', role: 'B' }, /cannot be granted (Read|Write)Through[^]*Give it a name \(roleName/],
    ['a role without a name beside the resource', { key: 'A', resource: 'B', role: 'B' }, /cannot be granted (Read|Write)Through[^]*Give it a name \(roleName/],
    ['a role beside the key, whose policy names the resource', { key: 'A', resource: 'B', role: 'A' },
      /was given the view of 'A\/Key' for [^]*stack 'B' waits for stack 'A', which refers to 'B' itself[^]*keep them in the resource's stack/],
    ['a role without a name in another account', { key: 'A', resource: 'A', role: 'Far', resourceName: 'archive', envs: foreign },
      /created in another account or Region[^]*Give it a name/],
    ['a resource in another account than the key', { key: 'A', resource: 'Far', role: 'Far', named: true, resourceName: 'archive', envs: foreign },
      /in account 444455556666 was given the view of 'A\/Key' for [^]* in account 111122223333[^]*make a key in 444455556666 for it/],
    ['a resource in another Region than the key', { key: 'A', resource: 'Far', role: 'Far', named: true, resourceName: 'archive', envs: { Far: { ...HERE, region: 'us-east-1' } } },
      /in us-east-1 was given the view of 'A\/Key' for [^]* in eu-west-1 as \w[^ ]*: the service takes keys of the resource's own Region only; make a key in us-east-1 for it/],
  ])('fails synthesis, with the ways out, for %s', (__, places, message) => {
    const deploy = () => scene(kind, places).app.synth();
    expect(deploy).toThrow(message);
    expect(deploy).not.toThrow('Resolution error');
  });
});

describe('the deployer of the resource', () => {
  test('may make a table of another stack with the key, and a deployer of another environment may not', () => {
    const { app, key } = scene(KINDS.table, { key: 'A', resource: 'B', role: 'B', named: true });
    const deployed = new Deployed(app);
    const creation = { via: 'dynamodb', conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } };
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, creation)).toBe('Allowed');
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, { ...creation, conditionKeys: { 'kms:GrantIsForAWSResource': 'false' } })).toBe('ImplicitlyDenied');
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, { ...creation, via: undefined })).toBe('ImplicitlyDenied');
    expect(deployed.outcome(executionRole(OTHER_ACCOUNT), 'kms:CreateGrant', key, creation)).toBe('ImplicitlyDenied');
  });
});
