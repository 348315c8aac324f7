import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import type { CfnKey, IKey } from 'aws-cdk-lib/aws-kms';
import * as ts from 'typescript';
import { bucketIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

/** What a view does for each member of IKey, as docs/views.md says. */

interface Scene {
  readonly app: App;
  readonly key: SymmetricDataKey;
  readonly view: IKey;
  readonly role: Role;
}

function shop(accountAccess?: AccountAccess): Scene {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess });
  const view = key.forService(KmsService.S3);
  bucketIn(stack, 'Bucket', view, 'orders');
  return { app, key, view, role: roleIn(stack, 'Role') };
}

const ACTIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:CreateGrant'];
const [READING, WRITING, COPYING] = [['kms:Decrypt'], ['kms:Decrypt', 'kms:GenerateDataKey'], ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey']];

/** What the role may do through S3 for the bucket; whoever goes another way may do nothing. */
function uses({ app, key, role }: Scene): string[] {
  const deployed = new Deployed(app);
  const may = (name: string, via?: string) => ACTIONS.filter((action) => deployed.outcome(role, action, key, { via, context: { 'aws:s3:arn': `arn:aws:s3:::${name}/1.txt` } }) === 'Allowed');
  expect([may('elsewhere', 's3'), may('orders', 'sqs'), may('orders')]).toEqual([[], [], []]);
  return may('orders', 's3');
}

const policyOf = ({ app, key }: Scene) => JSON.stringify(new Deployed(app).keyOf(key).policy);

interface Behaviour {
  readonly is: 'translated' | 'handed on' | 'refused' | 'without effect';
  /** Shows it. */
  readonly shown: (scene: Scene) => void;
}

const grants = (grant: (view: IKey, role: Role) => unknown, expected: string[]): Behaviour => ({
  is: 'translated',
  shown: (scene) => {
    grant(scene.view, scene.role);
    expect(uses(scene)).toEqual(expected);
  },
});
const refuses = (call: (view: IKey, role: Role) => unknown, message: RegExp): Behaviour => ({
  is: 'refused',
  shown: ({ view, role }) => expect(() => call(view, role)).toThrow(message),
});
const hands = (value: (key: IKey) => unknown): Behaviour => ({
  is: 'handed on',
  shown: ({ key, view }) => expect(key.stack.resolve(value(view))).toEqual(key.stack.resolve(value(key))),
});
const changesNothing = (act: (view: IKey) => unknown): Behaviour => ({
  is: 'without effect',
  shown: (scene) => {
    const before = policyOf(shop());
    act(scene.view);
    expect(policyOf(scene)).toBe(before);
  },
});
const cannot = (what: string) => new RegExp(`^the view of 'Shop/Key' for Amazon S3 cannot grant ${what}: AWS services use symmetric encryption keys`);

/** Compiling fails where a member is missing; so does the first test, also where a newer aws-cdk-lib than the one compiled with has it. */
const MEMBERS: Readonly<Record<keyof IKey, Behaviour>> = {
  keyArn: hands(({ keyArn }) => keyArn),
  keyId: hands(({ keyId }) => keyId),
  keyRef: hands(({ keyRef }) => keyRef),
  grant: grants((view, role) => view.grant(role, 'kms:Decrypt', 'kms:DescribeKey'), READING),
  grantDecrypt: grants((view, role) => view.grantDecrypt(role), READING),
  grantEncrypt: grants((view, role) => view.grantEncrypt(role), COPYING),
  grantEncryptDecrypt: grants((view, role) => view.grantEncryptDecrypt(role), WRITING),
  grantSign: refuses((view, role) => view.grantSign(role), cannot('kms:Sign')),
  grantVerify: refuses((view, role) => view.grantVerify(role), cannot('kms:Verify')),
  grantSignVerify: refuses((view, role) => view.grantSignVerify(role), cannot('kms:Sign and kms:Verify')),
  grantGenerateMac: refuses((view, role) => view.grantGenerateMac(role), cannot('kms:GenerateMac')),
  grantVerifyMac: refuses((view, role) => view.grantVerifyMac(role), cannot('kms:VerifyMac')),
  addToResourcePolicy: {
    is: 'translated',
    shown: (scene) => {
      // A service alone is what the view's rows say of it.
      scene.view.addToResourcePolicy(new PolicyStatement({ principals: [new ServicePrincipal('logging.s3.amazonaws.com')], actions: ['kms:*'], resources: ['*'] }));
      const context = { 'aws:s3:arn': 'arn:aws:s3:::orders/log' };
      const deployed = new Deployed(scene.app);
      const logs = (action: string) => deployed.outcome('logging.s3.amazonaws.com', action, scene.key, { context });
      expect([logs('kms:GenerateDataKey'), logs('kms:Encrypt')]).toEqual(['Allowed', 'ImplicitlyDenied']);
    },
  },
  addAlias: {
    is: 'handed on',
    shown: ({ view, key }) => expect(key.stack.resolve((view.addAlias('orders') as unknown as { aliasTargetKey: IKey }).aliasTargetKey.keyArn)).toEqual(key.stack.resolve(key.keyArn)),
  },
  applyRemovalPolicy: refuses((view) => view.applyRemovalPolicy(RemovalPolicy.DESTROY), /^the view of 'Shop\/Key' for Amazon S3 is no resource that could be kept .* to 'Shop\/Key' itself$/),
  stack: hands(({ stack }) => stack.stackName),
  env: hands(({ env }) => env),
  node: {
    is: 'without effect',
    shown: ({ view }) => {
      expect(view.node.path).toBe('Shop/Key/S3View');
      expect(view.node.findAll().map(({ node }) => node.path)).toEqual(['Shop/Key/S3View']);
    },
  },
  with: changesNothing((view) => view.with({ supports: () => true, applyTo: (construct) => ((construct as unknown as CfnKey).enabled = false) })),
};

/** Rows of the first table of the page, each member by itself: what it says that it is. */
const DOCUMENTED = new Map(readFileSync(join(__dirname, '../../docs/views.md'), 'utf8').split('## ')[0].split('\n')
  .map((line) => line.split(' | ')).filter(([member = '']) => member.startsWith('| `'))
  .flatMap(([members, is]) => [...members.matchAll(/`(\w+)`/g)].map(([, member]) => [member, is] as const)));

/** Where the interfaces are that IKey is made of. */
const DECLARED: Readonly<Record<string, string>> = {
  IKey: 'aws-cdk-lib/aws-kms/lib/key.d.ts',
  IKeyRef: 'aws-cdk-lib/interfaces/generated/aws-kms-interfaces.generated.d.ts',
  IResource: 'aws-cdk-lib/core/lib/resource.d.ts',
  IEnvironmentAware: 'aws-cdk-lib/interfaces/environment-aware.d.ts',
  IConstruct: 'constructs/lib/construct.d.ts',
  IDependable: 'constructs/lib/dependency.d.ts',
};

function membersOf(name: string): string[] {
  const [library, ...path] = DECLARED[name]?.split(/\/(.*)/s) ?? [];
  if (!library) throw new Error(`IKey extends ${name}, and nothing says here where that is declared`);
  const text = readFileSync(join(dirname(require.resolve(`${library}/package.json`)), ...path), 'utf8');
  const { statements } = ts.createSourceFile(name, text, ts.ScriptTarget.Latest);
  const declared = statements.filter(ts.isInterfaceDeclaration).filter((each) => each.name.text === name);
  if (!declared.length) throw new Error(`${DECLARED[name]} does not declare ${name}`);
  return declared.flatMap(({ members, heritageClauses = [] }) => [
    ...members.map((member) => (member.name as ts.Identifier).text),
    ...heritageClauses.flatMap(({ types }) => types).flatMap(({ expression }) => membersOf(nameOf(expression))),
  ]);
}

/** `IConstruct` of `constructs.IConstruct`. */
function nameOf(expression: ts.Expression): string {
  return (ts.isPropertyAccessExpression(expression) ? expression.name : expression as ts.Identifier).text;
}

test('each member of IKey is in the table of the page, and shown here', () => {
  const members = [...new Set(membersOf('IKey'))];
  expect(members).toEqual(expect.arrayContaining(['grantVerifyMac', 'keyRef', 'applyRemovalPolicy', 'env', 'node']));
  expect(members.filter((member) => !DOCUMENTED.has(member))).toEqual([]);
  expect(members.filter((member) => !(member in MEMBERS))).toEqual([]);
  expect([...DOCUMENTED.keys()].filter((member) => !(member in MEMBERS))).toEqual([]);
});

test.each(Object.entries(MEMBERS))('%s does what the page says', (member, { is, shown }) => {
  expect(DOCUMENTED.get(member)).toBe(is);
  shown(shop());
});

describe('grant', () => {
  test.each<[string, string[], string[]]>([
    ['writing', ['kms:Encrypt'], WRITING],
    ['writing, by a pattern', ['kms:GenerateDataKey*'], WRITING],
    ['writing, with anything', ['kms:*'], WRITING],
    ['reading', ['kms:Decrypt'], READING],
    ['reading, for what CDK asks to write and to read', ['kms:Decrypt', 'kms:DescribeKey'], READING],
    ['nothing that S3 never asks for', ['kms:DescribeKey'], []],
  ])('is for %s: %j', (_, actions, expected) => {
    const scene = shop();
    scene.view.grant(scene.role, ...actions);
    expect(uses(scene)).toEqual(expected);
  });

  test.each(['kms:Sign', 'kms:PutKeyPolicy', 'kms:RetireGrant'])('of %s is refused', (action) => {
    const { view, role } = shop();
    expect(() => view.grant(role, action)).toThrow(`the view of 'Shop/Key' for Amazon S3 cannot grant ${action}: it grants reading (kms:Decrypt) and writing (kms:Encrypt) through the service`);
  });
});

describe('a statement for somebody who is no service', () => {
  test.each<[string, (scene: Scene) => IGrantable]>([
    ['a role', ({ role }) => role],
    ['another account', () => new AccountPrincipal(OTHER_ACCOUNT.account)],
  ])('%s is refused', (_, who) => {
    const scene = shop();
    const statement = new PolicyStatement({ principals: [who(scene).grantPrincipal], actions: ['kms:Decrypt'], resources: ['*'] });
    expect(() => scene.view.addToResourcePolicy(statement)).toThrow("a statement was added to the view of 'Shop/Key' for Amazon S3 that is not bound to the service");
  });
});

test('whom a view is granted to is as the page says', () => {
  const { view } = shop();
  expect(() => view.grantDecrypt(new AccountPrincipal(HERE.account))).toThrow('was to be granted to the whole account');
  expect(() => view.grantDecrypt(new ServicePrincipal('glue.amazonaws.com'))).toThrow("'glue.amazonaws.com' is not known to use keys for Amazon S3");
  const delegating = shop(AccountAccess.DELEGATE_TO_IAM);
  expect(() => delegating.view.grantDecrypt(new AccountPrincipal(HERE.account))).not.toThrow();
});
