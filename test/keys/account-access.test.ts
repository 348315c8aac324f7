import { App, CliCredentialsStackSynthesizer, LegacyStackSynthesizer, NestedStack, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { AccountAccess, ClientEncryptionKey, SigningKey, SymmetricDataKey } from '../../src';
import type { KeysmithKey } from '../../src';
import { almightyRoleIn, Deployed, executionRole, HERE, roleIn } from '../support/deployed';

const LIFE = ['kms:DescribeKey', 'kms:EnableKey', 'kms:DisableKey', 'kms:TagResource', 'kms:UntagResource', 'kms:UpdateKeyDescription',
  'kms:ScheduleKeyDeletion', 'kms:CancelKeyDeletion', 'kms:ListGrants', 'kms:RevokeGrant', 'kms:GetKeyPolicy'];
const ROTATION = ['kms:EnableKeyRotation', 'kms:DisableKeyRotation', 'kms:RotateKeyOnDemand'];
const OWNING = ['kms:PutKeyPolicy'];
const ESCALATION = ['kms:CreateGrant', 'kms:ReplicateKey'];
const DATA_USE = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyPair'];

interface Cast {
  readonly deployed: Deployed;
  readonly key: KeysmithKey;
  readonly signer: KeysmithKey;
  readonly sealer: KeysmithKey;
  readonly almighty: Role;
  readonly administrator: Role;
  readonly owner: Role;
  readonly auditor: Role;
  readonly stranger: Role;
}

function stage(accountAccess?: AccountAccess): Cast {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const [administrator, owner, auditor, stranger] = ['Administrator', 'Owner', 'Auditor', 'Stranger'].map((id) => roleIn(stack, id));
  const roles = { accountAccess, administrators: [administrator], policyOwners: [owner], auditors: [auditor] };
  const key = new SymmetricDataKey(stack, 'Data', { alias: 'data', ...roles });
  const signer = new SigningKey(stack, 'Signer', roles);
  const sealer = new ClientEncryptionKey(stack, 'Sealer', roles);
  const almighty = almightyRoleIn(stack, 'Almighty');
  return { deployed: new Deployed(app), key, signer, sealer, almighty, administrator, owner, auditor, stranger };
}

const casts = new Map<AccountAccess | undefined, Cast>();
const cast = (access?: AccountAccess): Cast => casts.get(access) ?? casts.set(access, stage(access)).get(access)!;
const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;

type Who = 'almighty' | 'administrator' | 'owner' | 'auditor' | 'stranger' | 'deployer';
const person = (access: AccountAccess | undefined, who: Who) => (who === 'deployer' ? executionRole() : cast(access)[who]);

describe('who may do what on a data key', () => {
  test.each<[AccountAccess | undefined, Who, string, string[], 'Allowed' | 'ImplicitlyDenied']>([
    [undefined, 'almighty', 'runs its life', [...LIFE, ...ROTATION], 'Allowed'],
    [undefined, 'almighty', 'cannot use it', DATA_USE, 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'almighty', 'runs its life', [...LIFE, ...ROTATION], 'Allowed'],
    [ADMINISTRATION_ONLY, 'almighty', 'cannot use it', DATA_USE, 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'almighty', 'cannot give itself a use', [...OWNING, ...ESCALATION], 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'administrator', 'runs its life', [...LIFE, ...ROTATION], 'Allowed'],
    [ADMINISTRATION_ONLY, 'administrator', 'cannot use it', DATA_USE, 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'administrator', 'cannot give itself a use', [...OWNING, ...ESCALATION], 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'owner', 'changes the policy', OWNING, 'Allowed'],
    [ADMINISTRATION_ONLY, 'owner', 'neither uses it nor grants nor replicates', [...DATA_USE, ...ESCALATION], 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'auditor', 'looks', ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListGrants', 'kms:ListResourceTags', 'kms:GetKeyRotationStatus'], 'Allowed'],
    [ADMINISTRATION_ONLY, 'auditor', 'touches nothing', ['kms:DisableKey', 'kms:TagResource', ...OWNING, ...DATA_USE, ...ESCALATION], 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'stranger', 'sees nothing', [...LIFE, ...DATA_USE], 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'deployer', 'runs its life and changes its policy', [...LIFE, ...ROTATION, ...OWNING], 'Allowed'],
    [ADMINISTRATION_ONLY, 'deployer', 'cannot use it directly', [...DATA_USE, ...ESCALATION], 'ImplicitlyDenied'],

    [DELEGATE_TO_IAM, 'almighty', 'does everything', [...LIFE, ...DATA_USE, ...OWNING, 'kms:CreateGrant'], 'Allowed'],
    [DELEGATE_TO_IAM, 'administrator', 'runs its life', [...LIFE, ...ROTATION], 'Allowed'],
    [DELEGATE_TO_IAM, 'administrator', 'cannot use it', [...DATA_USE, ...OWNING, ...ESCALATION], 'ImplicitlyDenied'],
    [DELEGATE_TO_IAM, 'owner', 'changes the policy', OWNING, 'Allowed'],
    [DELEGATE_TO_IAM, 'stranger', 'sees nothing', [...LIFE, ...DATA_USE], 'ImplicitlyDenied'],

    [NONE, 'almighty', 'can do nothing at all', [...LIFE, ...ROTATION, ...DATA_USE, ...OWNING, ...ESCALATION], 'ImplicitlyDenied'],
    [NONE, 'administrator', 'runs its life', [...LIFE, ...ROTATION], 'Allowed'],
    [NONE, 'owner', 'changes the policy', OWNING, 'Allowed'],
    [NONE, 'deployer', 'runs its life and changes its policy', [...LIFE, ...ROTATION, ...OWNING], 'Allowed'],
    [NONE, 'deployer', 'cannot use it directly', DATA_USE, 'ImplicitlyDenied'],
  ])('under %s, the %s %s', (access, who, _, actions, outcome) => {
    const { deployed, key } = cast(access);
    const outcomes = actions.map((action) => [action, deployed.outcome(person(access, who), action, key)]);
    expect(outcomes).toEqual(actions.map((action) => [action, outcome]));
  });
});

describe('who may do what on an asymmetric key', () => {
  const sign = { parameters: { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' } };
  test.each<[AccountAccess, Who, string, string, object, string]>([
    [ADMINISTRATION_ONLY, 'almighty', 'signer', 'kms:Sign', sign, 'ImplicitlyDenied'],
    [DELEGATE_TO_IAM, 'almighty', 'signer', 'kms:Sign', sign, 'Allowed'],
    [NONE, 'almighty', 'signer', 'kms:DescribeKey', {}, 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'administrator', 'signer', 'kms:DisableKey', {}, 'Allowed'],
    [ADMINISTRATION_ONLY, 'administrator', 'signer', 'kms:Sign', sign, 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'administrator', 'signer', 'kms:EnableKeyRotation', {}, 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'deployer', 'sealer', 'kms:PutKeyPolicy', {}, 'Allowed'],
    [ADMINISTRATION_ONLY, 'deployer', 'sealer', 'kms:Decrypt', { parameters: { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } }, 'ImplicitlyDenied'],
    [ADMINISTRATION_ONLY, 'almighty', 'sealer', 'kms:GetPublicKey', {}, 'ImplicitlyDenied'],
  ])('under %s, the %s asks the %s for %s', (access, who, key, action, call, outcome) => {
    expect(cast(access).deployed.outcome(person(access, who), action, cast(access)[key as 'signer'], call)).toBe(outcome);
  });
});

describe('an administrator manages the aliases of the key', () => {
  function aliasStatements(administrators: (stack: Stack) => Role[]): unknown[] {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const roles = administrators(stack);
    new SymmetricDataKey(stack, 'Data', { alias: 'data', administrators: roles }).addAlias('alias/more');
    const { deployment } = new Deployed(app);
    return deployment.identities.flatMap(({ policies }) => policies.flatMap(({ document }) => document.Statement)).flat();
  }

  test('by a statement of its own policy for exactly those aliases', () => {
    expect(aliasStatements((stack) => [roleIn(stack, 'Administrator')])).toEqual(['data', 'more'].map((name) => ({
      Effect: 'Allow',
      Action: ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'],
      Resource: `arn:aws:kms:eu-west-1:111122223333:alias/${name}`,
    })));
  });

  test('and nobody else does', () => expect(aliasStatements(() => [])).toEqual([]));
});

describe('multi-Region keys', () => {
  const replicating = (multiRegion: boolean) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const [owner, administrator] = [roleIn(stack, 'Owner'), roleIn(stack, 'Administrator')];
    const key = new SymmetricDataKey(stack, 'Data', { multiRegion, policyOwners: [owner], administrators: [administrator] });
    const deployed = new Deployed(app);
    return [executionRole(), owner, administrator].map((who) => deployed.outcome(who, 'kms:ReplicateKey', key));
  };

  test('are replicated by those who own the policy', () => expect(replicating(true)).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']));
  test('and single-Region keys by nobody', () => expect(replicating(false)).toEqual(Array(3).fill('ImplicitlyDenied')));
});

describe('the deployer', () => {
  const key = (scope: Stack, props = {}) => new SymmetricDataKey(scope, 'Data', props);

  test('of a nested stack is that of the stack around it', () => {
    const app = new App();
    const nested = new NestedStack(new Stack(app, 'Keys', { env: HERE }), 'Nested');
    const inner = key(nested);
    expect(new Deployed(app).outcome(executionRole(), 'kms:PutKeyPolicy', inner)).toBe('Allowed');
  });

  test.each([
    ['CliCredentialsStackSynthesizer', () => new CliCredentialsStackSynthesizer()],
    ['LegacyStackSynthesizer', () => new LegacyStackSynthesizer()],
  ])('is not known under %s, and must be named', (_, synthesizer) => {
    const stack = (id: string) => new Stack(new App(), id, { env: HERE, synthesizer: synthesizer() });
    expect(() => key(stack('Keys'))).toThrow(/nobody could change the policy of 'Keys\/Data': the synthesizer of stack 'Keys' names no CloudFormation execution role\. Say who deploys it/);
    expect(() => key(stack('Keys'), { accountAccess: NONE, policyOwners: [new ArnPrincipal('arn:aws:iam::111122223333:role/owner')] })).toThrow(/Say who deploys it/);
    expect(() => key(stack('Keys'), { accountAccess: DELEGATE_TO_IAM })).not.toThrow();
  });

  test('that is named takes the place of the one that is known', () => {
    const app = new App();
    const data = key(new Stack(app, 'Keys', { env: HERE }), { deployer: new ArnPrincipal('arn:aws:iam::111122223333:role/pipeline') });
    const deployed = new Deployed(app);
    expect(deployed.outcome('arn:aws:iam::111122223333:role/pipeline', 'kms:PutKeyPolicy', data)).toBe('Allowed');
    expect(deployed.outcome(executionRole(), 'kms:PutKeyPolicy', data)).toBe('ImplicitlyDenied');
  });

  test('is what the key says it is', () => {
    const stack = new Stack(new App(), 'Keys', { env: HERE });
    const named = new ArnPrincipal('arn:aws:iam::111122223333:role/pipeline');
    expect(key(stack, { deployer: named }).deployer).toBe(named);
    expect(stack.resolve(new SigningKey(stack, 'Signer').deployer!.policyFragment.principalJson)).toEqual({
      AWS: [{ 'Fn::Sub': 'arn:${AWS::Partition}:iam::111122223333:role/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1' }],
    });
  });
});

test('an identity policy that denies wins over the key policy', () => {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Data');
  const [reader, barred] = [roleIn(stack, 'Reader'), roleIn(stack, 'Barred')];
  barred.addToPolicy(PolicyStatement.fromJson({ Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' }));
  key.grants.decrypt(reader);
  key.grants.decrypt(barred);
  const deployed = new Deployed(app);
  const call = { parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
  expect([reader, barred].map((role) => deployed.outcome(role, 'kms:Decrypt', key, call))).toEqual(['Allowed', 'ExplicitlyDenied']);
});
