import { App, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Effect, PolicyStatement, Role, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { AccountAccess, SymmetricDataKey, type SymmetricDataKeyProps } from '../../src';
import { decide } from '../../src/authz';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

/** What has no effect is not written, and said: actions that do not work across accounts, and actions that no key policy gives. */

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;
const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
const SECURITY = `arn:aws:iam::${OTHER_ACCOUNT.account}:role/Security`;
const EVERYTHING = [{ name: 'Everything', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } as const } }];

/** Somebody of another account, in each way that an app can mean one. */
const FOREIGNERS: Readonly<Record<string, (stack: Stack, app: App) => IPrincipal>> = {
  'an ARN': () => new ArnPrincipal(SECURITY),
  'an imported role': (stack) => Role.fromRoleArn(stack, 'Imported', SECURITY),
  'a role of another stack': (_, app) => roleIn(new Stack(app, 'Theirs', { env: OTHER_ACCOUNT }), 'Security', { roleName: 'Security' }),
};

function world(build: (stack: Stack, app: App) => SymmetricDataKey) {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const key = build(stack, app);
  const messages = app.synth().getStackByName('Keys').messages
    .filter(({ entry }) => /cdk-keysmith:(no-effect|other-account)/.test(String(entry.data))).map(({ level, entry }) => `${level}: ${String(entry.data)}`);
  const deployed = new Deployed(app);
  const statements = [deployed.keyOf(key).policy.Statement].flat();
  const allows = (arn: string, action: string) => decide(
    { identities: [{ arn, policies: EVERYTHING }] }, { principal: arn, action, key: deployed.keyOf(key), conditionKeys: { 'kms:EncryptionAlgorithm': AES.EncryptionAlgorithm } },
  ).allowed;
  const names = (who: string) => statements.filter((statement) => JSON.stringify(statement).includes(who)).map(({ Sid }) => Sid);
  return { key, messages, statements, allows, names };
}

const withKey = (props: (principal: IPrincipal) => SymmetricDataKeyProps, foreigner: keyof typeof FOREIGNERS, accountAccess?: AccountAccess) =>
  world((stack, app) => new SymmetricDataKey(stack, 'Key', { alias: 'orders', accountAccess, ...props(FOREIGNERS[foreigner](stack, app)) }));

describe.each(Object.keys(FOREIGNERS))('somebody of another account, as %s,', (foreigner) => {
  test.each<[string, string, AccountAccess, (principal: IPrincipal) => SymmetricDataKeyProps, string]>([
    ['owns no policy', 'OwnPolicy', ADMINISTRATION_ONLY, (principal) => ({ policyOwners: [principal] }), 'kms:PutKeyPolicy, kms:GetKeyPolicy'],
    ['owns no policy', 'OwnPolicy', NONE, (principal) => ({ policyOwners: [principal] }), 'kms:PutKeyPolicy, kms:GetKeyPolicy'],
  ])('%s: nothing is written, and that is said (%s under %s)', (_, sid, access, props, actions) => {
    const { messages, names } = withKey(props, foreigner, access);
    expect(names(OTHER_ACCOUNT.account)).toEqual([]);
    expect(messages).toEqual([expect.stringMatching(new RegExp(`^warning: .* is in another account, where ${actions} on this key have no effect, whatever policies say: left out of ${sid}\\. Name somebody of the key's account`))]);
  });

  test.each<[string, (principal: IPrincipal) => SymmetricDataKeyProps, string, string[], string[]]>([
    ['administers', (principal) => ({ administrators: [principal] }), 'Administer', ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListGrants', 'kms:RevokeGrant'], ['kms:DisableKey', 'kms:ScheduleKeyDeletion', 'kms:TagResource', 'kms:GetKeyPolicy']],
    ['audits', (principal) => ({ auditors: [principal] }), 'Audit', ['kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListGrants'], ['kms:GetKeyPolicy', 'kms:ListResourceTags', 'kms:ListKeyPolicies']],
  ])('%s only as far as that works across accounts', (_, props, sid, works, lost) => {
    const { messages, statements, names } = withKey(props, foreigner);
    const about = statements.filter((each) => JSON.stringify(each).includes(OTHER_ACCOUNT.account));
    expect(about.map(({ Action }) => [Action].flat())).toEqual([works]);
    expect(names(OTHER_ACCOUNT.account)).toEqual([expect.stringMatching(new RegExp(`^${sid}\\d*$`))]);
    expect(messages.filter((message) => message.startsWith('warning'))).toEqual([expect.stringContaining(`left out of ${sid}`)]);
    expect(lost.filter((action) => messages.some((message) => message.includes(action)))).toEqual(lost);
  });

  test('is granted what works across accounts, and told of the rest', () => {
    const { allows, messages } = world((stack, app) => {
      const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders' });
      key.grant(FOREIGNERS[foreigner](stack, app), 'kms:Decrypt', 'kms:EnableKey', 'kms:DescribeKey');
      return key;
    });
    expect(['kms:Decrypt', 'kms:DescribeKey', 'kms:EnableKey'].filter((action) => allows(SECURITY, action))).toEqual(['kms:Decrypt', 'kms:DescribeKey']);
    expect(messages.filter((message) => message.includes('no-effect'))).toEqual([expect.stringContaining('where kms:EnableKey on this key has no effect')]);
  });

  test('cannot deploy the key', () => {
    expect(() => withKey((deployer) => ({ deployer }), foreigner)).toThrow(
      /^.* is in another account and cannot change the policy of 'Keys\/Key': the deployer is the role of the key's account with which CloudFormation deploys its stack$/);
  });

  test('is left out also where IAM decides', () => {
    const { names, messages } = withKey((principal) => ({ policyOwners: [principal] }), foreigner, DELEGATE_TO_IAM);
    expect([names(OTHER_ACCOUNT.account), messages.length]).toEqual([[], 1]);
  });
});

describe('nobody is left out', () => {
  test.each<[string, (stack: Stack) => IPrincipal, string]>([
    ['who is of the key\'s account', () => new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/Security`), `arn:aws:iam::${HERE.account}:role/Security`],
    ['who is a role of the stack', (stack) => roleIn(stack, 'Security', { roleName: 'Security' }), `arn:aws:iam::${HERE.account}:role/Security`],
  ])('%s', (_, principal, arn) => {
    const { messages, allows } = world((stack) => {
      const who = [principal(stack)];
      return new SymmetricDataKey(stack, 'Key', { policyOwners: who, administrators: who });
    });
    expect([messages, allows(arn, 'kms:PutKeyPolicy'), allows(arn, 'kms:DisableKey')]).toEqual([[], true, true]);
  });

  test('whose account may be the key\'s, in a stack that does not know its own', () => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Keys'), 'Key', { policyOwners: [new ArnPrincipal(SECURITY)], deployer: new ArnPrincipal(SECURITY.replace('Security', 'Deployer')) });
    const statements = [new Deployed(app).keyOf(key).policy.Statement].flat().filter((statement) => JSON.stringify(statement).includes(SECURITY));
    expect(statements.map(({ Sid }) => Sid)).toContain('OwnPolicy');
  });
});

describe('an action that no key policy gives', () => {
  const RETIRES = /^warning: 'Keys\/Role' was to be granted kms:RetireGrant, which has no effect in a key policy: a grant says who may retire it \(RetiringPrincipal\), or an IAM policy of the key's account\. Left out of/;
  const LISTS = /^warning: 'Keys\/Role' was to be granted kms:ListAliases, which has no effect in a key policy: what is about no key takes an IAM policy for every resource \('\*'\)\. Left out of/;
  const granting = (actions: string[], accountAccess?: AccountAccess) => world((stack) => {
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess });
    key.grant(roleIn(stack, 'Role'), ...actions);
    return key;
  });
  const written = ({ statements }: ReturnType<typeof world>) => statements.flatMap(({ Action }) => [Action!].flat()).filter((action) => /RetireGrant|ListAliases|CreateKey/.test(action));

  test.each<[string, string[], RegExp[]]>([
    ['alone', ['kms:RetireGrant'], [RETIRES]],
    ['in other letters', ['KMS:retiregrant'], [RETIRES]],
    ['beside others', ['kms:Decrypt', 'kms:RetireGrant', 'kms:DescribeKey'], [RETIRES]],
    ['and that is about no key, alone', ['kms:ListAliases'], [LISTS]],
    ['and that is about no key, beside others', ['kms:ListAliases', 'kms:Decrypt'], [LISTS]],
  ])('is not written, and warned of, %s', (_, actions, warnings) => {
    const made = granting(actions);
    expect(made.messages).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
    expect(written(made)).toEqual([]);
  });

  test('does not take others with it', () => {
    const { statements } = granting(['kms:RetireGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:ListAliases']);
    expect(statements.slice(4).map(({ Sid, Action }) => [Sid, Action])).toEqual([['Decrypt', 'kms:Decrypt'], ['Describe', 'kms:DescribeKey']]);
  });

  test('is not meant by a pattern that takes it in among others', () => {
    expect(granting(['kms:List*']).messages).toEqual([]);
  });

  test('may be granted where IAM decides, whose policies give it, unless it is about no key', () => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess: DELEGATE_TO_IAM });
    const role = roleIn(stack, 'Role');
    key.grant(role, 'kms:RetireGrant', 'kms:ListAliases');
    const deployed = new Deployed(app);
    const { policies } = deployed.deployment.identities.find(({ arn }) => arn === deployed.arnOf(role))!;
    expect(policies!.flatMap(({ document }) => [document.Statement].flat().flatMap(({ Action }) => Action))).toEqual(['kms:RetireGrant']);
    const messages = app.synth().getStackByName('Keys').messages.map(({ entry }) => String(entry.data)).filter((text) => text.includes('no-effect'));
    expect(messages).toEqual([expect.stringContaining('kms:ListAliases')]);
  });

  test.each<[string, string[], Effect, string | undefined]>([
    ['that allows retiring', ['kms:RetireGrant'], Effect.ALLOW, 'allows kms:RetireGrant, which has no effect in a key policy: a grant says who may retire it'],
    ['that denies retiring', ['kms:RetireGrant', 'kms:Decrypt'], Effect.DENY, 'denies kms:RetireGrant, which has no effect in a key policy'],
    ['that allows both', ['kms:ListAliases', 'kms:RetireGrant'], Effect.ALLOW,
      "allows kms:ListAliases, kms:RetireGrant, which have no effect in a key policy: what is about no key takes an IAM policy for every resource ('*'); a grant says who may retire it"],
    ['that allows listing', ['kms:ListAliases', 'kms:ListKeys'], Effect.ALLOW, 'allows kms:ListAliases, kms:ListKeys, which have no effect in a key policy: what is about no key takes an IAM policy'],
    ['that allows a pattern', ['kms:List*'], Effect.ALLOW, undefined],
    ['that allows something else', ['kms:ListGrants'], Effect.ALLOW, undefined],
  ])('is warned of in a statement given to addToResourcePolicy %s', (_, actions, effect, message) => {
    const { messages } = world((stack) => {
      const key = new SymmetricDataKey(stack, 'Key');
      key.addToResourcePolicy(new PolicyStatement({ effect, principals: [new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/r`)], actions, resources: ['*'] }));
      return key;
    });
    expect(messages).toEqual(message === undefined ? [] : [expect.stringContaining(`warning: statement 'Custom' given to addToResourcePolicy ${message}`)]);
  });
});

test('a principal that calls through a service is called by its own name', () => {
  const stack = new Stack(new App(), 'Keys', { env: HERE });
  new SymmetricDataKey(stack, 'Key', { auditors: [new ViaServicePrincipal('s3.eu-west-1.amazonaws.com', new ArnPrincipal(`arn:aws:iam::${OTHER_ACCOUNT.account}:role/x`))] });
  expect(stack.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => String(data)))).toContainEqual(expect.stringMatching(/^arn:aws:iam::444455556666:role\/x is in another account/));
});
