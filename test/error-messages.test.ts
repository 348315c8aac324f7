import {
  App, Aws, CfnOutput, CfnParameter, CfnResource, CliCredentialsStackSynthesizer, Duration, Fn, Lazy, NestedStack, PhysicalName, Stack, Stage, Token,
  ValidationError,
} from 'aws-cdk-lib';
import {
  AccountPrincipal, AccountRootPrincipal, AnyPrincipal, ArnPrincipal, CanonicalUserPrincipal, CfnRole, CompositePrincipal, Effect,
  FederatedPrincipal, Group, ManagedPolicy, OrganizationPrincipal, Policy, PolicyStatement, PrincipalWithConditions, ServicePrincipal,
  StarPrincipal, UnknownPrincipal, User,
} from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnAlias, CfnKey, KeyGrants, ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Function } from 'aws-cdk-lib/aws-lambda';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ClientEncryptionDuty, ClientEncryptionKey, DataKeyDuty, KmsService, SigningAlgorithm, SigningDuty, SigningKey, SymmetricDataKey } from '../src';
import type { KeysmithKey, KeysmithKeyProps } from '../src';
import { bucketIn, functionIn, secretIn, tableIn } from './services/support/resources';
import { HERE, OTHER_ACCOUNT, roleIn } from './support/deployed';

/** The places of an app where somebody may go wrong. */
class Scene {
  public readonly app = new App();
  /** Whose account and Region are known. */
  public readonly keys = new Stack(this.app, 'Keys', { env: HERE });
  /** Whose are not. */
  public get anywhere(): Stack { return this.once('Anywhere', (id) => new Stack(this.app, id)); }
  public get others(): Stack { return this.once('Others', (id) => new Stack(this.app, id, { env: HERE })); }
  public get abroad(): Stack { return this.once('Abroad', (id) => new Stack(this.app, id, { env: OTHER_ACCOUNT })); }
  public get overseas(): Stack { return this.once('Overseas', (id) => new Stack(this.app, id, { env: { ...HERE, region: 'us-east-1' } })); }
  public get nested(): Stack { return this.once('Nested', (id) => new NestedStack(this.keys, id)); }

  private readonly stacks = new Map<string, Stack>();

  private once(id: string, make: (id: string) => Stack): Stack {
    const stack = this.stacks.get(id) ?? make(id);
    this.stacks.set(id, stack);
    return stack;
  }
}

/** What somebody is told: the error, or, where the app is synthesized all the same, what synthesis says of its constructs. */
function told(mistake: (scene: Scene) => unknown): string {
  const scene = new Scene();
  try {
    mistake(scene);
    const { stacksRecursively } = scene.app.synth();
    return stacksRecursively.flatMap(({ messages }) => messages).filter(({ entry }) => !String(entry.data).includes('@aws-cdk/')).map(({ id, entry }) => `[${id}] ${String(entry.data)}`).join('\n');
  } catch (error) {
    return (error as Error).message;
  }
}

/** What no message may hold: marks of CDK, errors of CDK about errors, people who are not named, and objects that were printed. */
const NEVER = [/Token\[/, /Resolution error/i, /\ba construct\b/i, /\[object /, /-1\.888\d+e\+289/, /"(Ref|Fn::\w+)":/, /<token>|<own account>|unresolved/, /is not a function|Cannot read prop/];

type Mistake = readonly [what: string, make: (scene: Scene) => unknown, path: string, names: RegExp];

/** Each is told where it is (a construct path), and what is wrong there: a property, or a statement. */
function areToldPlainly(mistakes: readonly Mistake[]): void {
  test.each(mistakes)('%s', (_, make, path, names) => {
    const message = told(make);
    expect(message).toContain(path);
    expect(message).toMatch(names);
    for (const pattern of NEVER) expect(message).not.toMatch(pattern);
  });
}

const later = (value: string): string => Lazy.string({ produce: () => value });
const untyped = <T>(value: unknown): T => value as T;
const KINDS = { SymmetricDataKey, SigningKey, ClientEncryptionKey };
const eachKind = (mistakes: (make: (scope: Construct, props?: KeysmithKeyProps) => KeysmithKey, kind: string) => Mistake[]): Mistake[] =>
  Object.entries(KINDS).flatMap(([kind, Kind]) => mistakes((scope, props) => new Kind(scope, 'Key', props), kind).map(([what, ...rest]) => [`${kind}: ${what}`, ...rest] as const));

describe('properties of keys', () => {
  areToldPlainly([
    ...eachKind((make) => [
      ['an alias of AWS', ({ keys }) => make(keys, { alias: 'aws/s3' }), 'Keys/Key', /alias 'alias\/aws\/s3'/],
      ['an alias with a blank and a token', ({ keys }) => make(keys, { alias: `my key ${Aws.STACK_NAME}` }), 'Keys/Key', /alias/],
      ['an alias that somebody has', ({ keys }) => [new CfnAlias(keys, 'Taken', { aliasName: 'alias/one', targetKeyId: '1234' }), make(keys, { alias: 'one' })], 'Keys/Key', /alias 'alias\/one'/],
      ['a description at length', ({ keys }) => make(keys, { description: 'x'.repeat(9000) }), 'Keys/Key', /description/],
      ['a pending window of 40 days', ({ nested }) => make(nested, { pendingWindow: Duration.days(40) }), 'Keys/Nested/Key', /pendingWindow/],
      ['a pending window in hours to come', ({ keys }) => make(keys, { pendingWindow: Duration.hours(Lazy.number({ produce: () => 240 })) }), 'Keys/Key', /pendingWindow/],
      ['account access that there is not', ({ keys }) => make(keys, { accountAccess: untyped('EVERYBODY') }), 'Keys/Key', /accountAccess/],
      ['a revision to come', ({ keys }) => make(keys, { policyRevision: Lazy.number({ produce: () => 1 }) }), 'Keys/Key', /policyRevision/],
      ['no reason for no recovery', ({ keys }) => make(keys, { noRecoveryBecause: ' ' }), 'Keys/Key', /noRecoveryBecause/],
      ['nobody who deploys', ({ app }) => make(new Stack(app, 'Bare', { synthesizer: new CliCredentialsStackSynthesizer() })), 'Bare/Key', /deployer/],
      ['everybody as the deployer', ({ keys }) => make(keys, { deployer: new AnyPrincipal() }), 'Keys/Key', /the deployer is the role/],
      ['the account as the deployer, by a token', ({ anywhere }) => make(anywhere, { deployer: new AccountPrincipal(Aws.ACCOUNT_ID) }), 'Anywhere/Key', /OwnPolicy/],
      ['the account as administrator, by a parameter', ({ anywhere }) =>
        make(anywhere, { administrators: [new AccountPrincipal(new CfnParameter(anywhere, 'Account').valueAsString)] }), 'Anywhere/Key', /Administer/],
      ['a service as a policy owner', ({ keys }) => make(keys, { policyOwners: [new ServicePrincipal('lambda.amazonaws.com')] }), 'Keys/Key', /OwnPolicy|policyOwners/],
      ['an identity provider as an administrator', ({ keys }) => make(keys, { administrators: [new FederatedPrincipal(later('arn:aws:iam::111122223333:saml-provider/idp'), {})] }), 'Keys/Key', /Administer|administrators/],
      ['a group as an auditor', ({ keys }) => make(keys, { auditors: [untyped(new Group(keys, 'Group'))] }), 'Keys/Key', /Audit/],
      ['nobody as an auditor', ({ keys }) => make(keys, { auditors: [untyped(undefined)] }), 'Keys/Key', /auditors|Audit/],
      ['the account among other deployers, by a token', ({ anywhere }) => make(anywhere, { otherDeployers: [new AccountRootPrincipal()] }), 'Anywhere/Key', /otherDeployers/],
      ['a pattern of roles among other deployers', ({ keys }) => make(keys, { otherDeployers: [new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${HERE.account}:role/*`)] }), 'Keys/Key', /otherDeployers|principal/i],
      ['an administrator of another account', ({ keys, abroad }) => make(keys, { administrators: [roleIn(abroad, 'Admin', { roleName: 'admin' })], alias: 'k' }), 'Abroad/Admin', /Administer/],
    ]),
    ['rotation every month', ({ keys }) => new SymmetricDataKey(keys, 'Key', { rotationPeriod: Duration.days(30) }), 'Keys/Key', /rotationPeriod/],
    ['rotation in hours to come', ({ keys }) => new SymmetricDataKey(keys, 'Key', { rotationPeriod: Duration.hours(Lazy.number({ produce: () => 2400 })) }), 'Keys/Key', /rotationPeriod/],
    ['no rotation for no reason', ({ keys }) => new SymmetricDataKey(keys, 'Key', { noRotationBecause: '' }), 'Keys/Key', /noRotationBecause/],
    ['a context key to come', ({ keys }) => new SymmetricDataKey(keys, 'Key', { contextKeys: [later('tenant')] }), 'Keys/Key', /contextKeys/],
    ['context keys to come', ({ keys }) => new SymmetricDataKey(keys, 'Key', { contextKeys: Lazy.list({ produce: () => ['tenant'] }) }), 'Keys/Key', /contextKeys/],
    ['a context under a key to come', ({ keys }) => new SymmetricDataKey(keys, 'Key', { encryptionContext: { [later('tenant')]: '1' } }), 'Keys/Key', /encryptionContext/],
    ['a context to come', ({ keys }) => new SymmetricDataKey(keys, 'Key', { encryptionContext: untyped(Lazy.any({ produce: () => ({}) })) }), 'Keys/Key', /encryptionContext/],
    ['an empty context key', ({ keys }) => new SymmetricDataKey(keys, 'Key', { contextKeys: [''] }), 'Keys/Key', /contextKeys/],
    ['a context pair without a value', ({ keys }) => new SymmetricDataKey(keys, 'Key', { encryptionContext: { tenant: '' } }), 'Keys/Key', /encryptionContext|context pair 'tenant'/],
    ['a context value that is a number', ({ keys }) => new SymmetricDataKey(keys, 'Key', { encryptionContext: { tenant: untyped(7) } }), 'Keys/Key', /encryptionContext|context pair 'tenant'/],
    ['a context value beyond Latin-1 beside a token', ({ keys }) => new SymmetricDataKey(keys, 'Key', { encryptionContext: { city: `Łódź ${Aws.REGION}` } }), 'Keys/Key', /encryption ?context/i],
    ['a variable in a context value beside a token', ({ keys }) => new SymmetricDataKey(keys, 'Key', { encryptionContext: { who: `\${aws:userid} in ${Aws.REGION}` } }), 'Keys/Key', /encryption ?context/i],
    ['a context key of AWS', ({ nested }) => new SymmetricDataKey(nested, 'Key', { contextKeys: ['aws:s3:arn'] }), 'Keys/Nested/Key', /context key 'aws:s3:arn'/],
    ['an algorithm to come', ({ keys }) => new SigningKey(keys, 'Key', { algorithm: untyped(later('ES256')) }), 'Keys/Key', /algorithm/],
    ['an algorithm that is a prototype\'s', ({ keys }) => new SigningKey(keys, 'Key', { algorithm: untyped('constructor') }), 'Keys/Key', /algorithm/],
    ['bits to come of a signing key', ({ keys }) => new SigningKey(keys, 'Key', { algorithm: SigningAlgorithm.PS256, rsaBits: Lazy.number({ produce: () => 3072 }) }), 'Keys/Key', /rsaBits/],
    ['bits to come of a client encryption key', ({ keys }) => new ClientEncryptionKey(keys, 'Key', { rsaBits: new CfnParameter(keys, 'Bits', { type: 'Number' }).valueAsNumber }), 'Keys/Key', /rsaBits/],
  ]);
});

/** Whom no key policy can let in as it is, and the words that tell whom. */
const NOBODY: readonly (readonly [what: string, who: (scene: Scene) => IGrantable, words: RegExp])[] = [
  ['everybody', () => new AnyPrincipal(), /every AWS account/],
  ['a star', () => new StarPrincipal(), /every AWS account/],
  ['the own account', () => new AccountRootPrincipal(), /account/],
  ['the own account by its pseudo parameter', () => new AccountPrincipal(Aws.ACCOUNT_ID), /account/],
  ['everybody of the own account by a token', () => new AnyPrincipal().withConditions({ StringEquals: { 'aws:PrincipalAccount': Aws.ACCOUNT_ID } }), /account/],
  ['a root by an ARN with tokens', () => new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`), /account/],
  ['a pattern with a token', () => new ArnPrincipal(`arn:${Aws.PARTITION}:iam::111122223333:role/*`), /pattern|wildcards/],
  ['a session with a token', () => new ArnPrincipal(`arn:${Aws.PARTITION}:sts::111122223333:assumed-role/a/*`), /assumed-role/],
  ['a group', ({ keys }) => new Group(keys, 'Group'), /'Keys\/Group'/],
  ['a group of a token\'s name', ({ keys }) => Group.fromGroupArn(keys, 'Group', Fn.importValue('GroupArn')), /Keys\/Group|Keys\/Key/],
  ['an identity provider by a token', () => new FederatedPrincipal(Fn.importValue('Idp'), {}), /Federated/],
  ['a canonical user by a token', () => new CanonicalUserPrincipal(later('0123')), /CanonicalUser/],
  ['a policy in a nested stack', ({ nested }) => new ManagedPolicy(nested, 'Policy'), /'Keys\/Nested\/Policy'/],
  ['a policy by its principal', ({ keys }) => new Policy(keys, 'Policy').grantPrincipal, /'Keys\/Policy'/],
  ['an imported policy of a token\'s name', ({ keys }) => untyped(ManagedPolicy.fromManagedPolicyName(keys, 'Policy', later('p'))), /'Keys\/Policy'/],
  ['a policy of AWS', () => untyped(ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')), /ReadOnlyAccess/],
  ['text', () => untyped(later('arn:aws:iam::111122223333:role/r')), /'Keys\/Key'/],
  ['nothing', () => untyped(undefined), /'Keys\/Key'/],
  ['an object', () => untyped({}), /'Keys\/Key'/],
  ['a function imported without its role', ({ keys }) => Function.fromFunctionAttributes(keys, 'Fn', { functionArn: Fn.importValue('FnArn') }), /'Keys\/Fn'/],
  ['a resource that CDK does not know', ({ keys }) => new UnknownPrincipal({ resource: new CfnResource(keys, 'Thing', { type: 'Custom::Thing' }) }), /'Keys\/Key'/],
  ['several of which one has conditions', ({ keys }) => new CompositePrincipal(roleIn(keys, 'Role'), new ServicePrincipal('sns.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } })), /one by one|'sns\.amazonaws\.com' is not known/],
  ['several of which one is everybody', ({ keys }) => new CompositePrincipal(roleIn(keys, 'Role'), new AnyPrincipal()), /every AWS account|the (whole )?account/],
  ['a service, for anybody', () => new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`), /anybody's resources/],
  ['a service, by a token', () => new ServicePrincipal(later('sns.amazonaws.com')), /anybody's resources/],
  ['a role that contradicts the key', ({ keys }) => new PrincipalWithConditions(roleIn(keys, 'Role'), { StringEquals: { 'kms:EncryptionAlgorithm': later('none'), 'kms:SigningAlgorithm': later('none') } }), /EncryptionAlgorithm|SigningAlgorithm/],
  ['a role abroad without a name', ({ abroad }) => roleIn(abroad, 'Role'), /'Abroad\/Role'/],
  ['a role overseas without a name', ({ overseas }) => roleIn(overseas, 'Role', { roleName: PhysicalName.GENERATE_IF_NEEDED }), /'Overseas\/Role'/],
  ['a user abroad without a name', ({ abroad }) => new User(abroad, 'User'), /'Abroad\/User'/],
];

describe('grants', () => {
  const useOf = { SymmetricDataKey: 'grantDecrypt', SigningKey: 'grantSign', ClientEncryptionKey: 'grantDecrypt' } as const;
  areToldPlainly([
    ...eachKind((make, kind) => NOBODY.map(([what, who, words]): Mistake => {
      const grant = (scene: Scene) => { make(scene.keys)[useOf[kind as keyof typeof useOf]](who(scene)); };
      return [`to ${what}`, grant, 'Keys/Key', new RegExp(`(?=[^]*(${words.source}))`)];
    })),
    ...NOBODY.filter(([what]) => !/abroad|overseas|contradicts/.test(what)).map(([what, who, words]): Mistake => [
      `through S3 to ${what}`, (scene) => { new SymmetricDataKey(scene.keys, 'Key').forService(KmsService.S3).grantDecrypt(who(scene)); }, 'Keys/Key', words.source.includes('anybody') ? /S3|anybody/ : new RegExp(words.source.replace(/'$/, '')),
    ]),
    ...eachKind((make) => [
      ['of everything', ({ keys }) => make(keys).grant(roleIn(keys, 'Role'), 'kms:*'), 'Keys/Key', /'kms:\*'/],
      ['of what KMS has not', ({ keys }) => make(keys).grant(roleIn(keys, 'Role'), 's3:GetObject'), 'Keys/Key', /'s3:GetObject'/],
      ['of an action to come', ({ keys }) => make(keys).grant(roleIn(keys, 'Role'), later('kms:Decrypt')), 'Keys/Key', /action/],
      ['of the policy', ({ nested }) => make(nested).grant(roleIn(nested, 'Role'), 'kms:PutKeyPolicy'), 'Keys/Nested/Key', /'kms:PutKeyPolicy'/],
      ['of MACs', ({ keys }) => make(keys).grantGenerateMac(roleIn(keys, 'Role')), 'Keys/Key', /generate MACs/],
      ['of nothing', ({ keys }) => make(keys).grant(roleIn(keys, 'Role')), 'Keys/Key', /action/],
      ['to a role that waits for the key', ({ keys, others }) => {
        const key = make(keys);
        new CfnOutput(others, 'Out', { value: key.keyArn });
        key.grant(roleIn(others, 'Role'), key instanceof SigningKey ? 'kms:Sign' : 'kms:Decrypt');
      }, 'Keys/Key', /'Others\/Role' cannot be granted (Sign|Decrypt)/],
      ['to a role whose own policy names the key', ({ keys }) => {
        const key = make(keys);
        const inline = new CfnRole(keys, 'Inline', { assumeRolePolicyDocument: {}, policies: [{ policyName: 'p', policyDocument: { Statement: { Effect: 'Allow', Action: 'kms:DescribeKey', Resource: key.keyArn } } }] });
        key.grant(new ArnPrincipal(inline.attrArn), 'kms:DescribeKey');
      }, 'Keys/Key', /cannot be granted Describe/],
      ['to a role whose name is taken away', ({ keys, others }) => {
        const role = roleIn(others, 'Role', { roleName: 'worker' });
        make(keys).grant(role, 'kms:DescribeKey');
        (role.node.defaultChild as CfnRole).addPropertyDeletionOverride('RoleName');
      }, 'Keys/Key', /'Others\/Role'/],
      ['to 300 roles', ({ keys }) => {
        const key = make(keys);
        for (let n = 0; n < 300; n++) key.grant(roleIn(keys, `RoleOfSomebodyWithAVeryLongNameNumber${n}`), 'kms:DescribeKey');
      }, 'Keys/Key', /Describe: \d+ bytes for 'Keys\/RoleOf/],
      ['to 300 accounts by tokens', ({ keys }) => {
        const key = make(keys);
        for (let n = 0; n < 300; n++) key.grant(new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${String(444455550000 + n)}:role/${'x'.repeat(64)}`), 'kms:DescribeKey');
      }, 'Keys/Key', /Describe: \d+ bytes for arn:/],
    ]),
  ]);
});

describe('statements given to addToResourcePolicy', () => {
  const owner = new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${HERE.account}:role/r`);
  const statements: readonly (readonly [what: string, statement: () => PolicyStatement, words: RegExp])[] = [
    ['of everybody', () => new PolicyStatement({ sid: 'Mine', principals: [new AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] }), /statement 'Mine'/],
    ['of the account by a token', () => new PolicyStatement({ sid: 'Mine', principals: [new AccountPrincipal(Aws.ACCOUNT_ID)], actions: ['kms:Decrypt', 'kms:Sign'], resources: ['*'] }), /statement 'Mine'/],
    ['of a pattern with a token', () => new PolicyStatement({ sid: 'Mine', principals: [new ArnPrincipal(`arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/*`)], actions: ['kms:Decrypt'], resources: ['*'] }), /'Mine'/],
    ['of everything', () => new PolicyStatement({ sid: 'Mine', principals: [owner], actions: ['kms:*'], resources: ['*'] }), /statement 'Mine'/],
    ['of an action of another service', () => new PolicyStatement({ sid: 'Mine', principals: [owner], actions: ['s3:GetObject'], resources: ['*'] }), /statement 'Mine'/],
    ['of another key, by a token', () => new PolicyStatement({ sid: 'Mine', principals: [owner], actions: ['kms:DescribeKey'], resources: [`arn:${Aws.PARTITION}:kms:${Aws.REGION}:${Aws.ACCOUNT_ID}:key/1`] }), /statement 'Mine'/],
    ['of an imported key', () => new PolicyStatement({ sid: 'Mine', principals: [owner], actions: ['kms:DescribeKey'], resources: [Fn.importValue('KeyArn')] }), /statement 'Mine'/],
    ['of an action to come', () => new PolicyStatement({ sid: 'Mine', principals: [owner], actions: [Fn.importValue('Action')], resources: ['*'] }), /'Mine'/],
    ['of nobody', () => new PolicyStatement({ sid: 'Mine', actions: ['kms:Decrypt'], resources: ['*'] }), /'Mine'/],
    ['of no action', () => new PolicyStatement({ sid: 'Mine', principals: [owner], notActions: ['kms:Decrypt'], resources: ['*'] }), /'Mine'/],
    ['of a service, for anybody', () => new PolicyStatement({ sid: 'Mine', principals: [new ServicePrincipal(later('sns.amazonaws.com'))], actions: ['kms:Decrypt'], resources: ['*'] }), /statement 'Mine'/],
    ['that deny the policy to everybody', () => new PolicyStatement({ sid: 'Mine', effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['kms:PutKeyPolicy'], resources: ['*'] }), /statement 'Mine'/],
    ['that deny the policy to all but one', () => new PolicyStatement({
      sid: 'Mine', effect: Effect.DENY, principals: [new AnyPrincipal()], actions: ['kms:*'], resources: ['*'], conditions: { ArnNotEquals: { 'aws:PrincipalArn': `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/other` } },
    }), /statement 'Mine'/],
    ['without a Sid', () => new PolicyStatement({ principals: [new AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] }), /statement 'Custom'/],
    ['with an operator that there is not', () => new PolicyStatement({ sid: 'Mine', principals: [owner], actions: ['kms:DescribeKey'], resources: ['*'], conditions: { StringSounds: { 'aws:PrincipalTag/team': Aws.STACK_NAME } } }), /'Mine'/],
    ['with a Sid to come', () => new PolicyStatement({ sid: 'Mine', principals: [owner, new AnyPrincipal()], actions: ['kms:Decrypt'], resources: ['*'] }), /'Mine'/],
  ];
  areToldPlainly([
    ...eachKind((make) => statements.map(([what, statement, words]): Mistake => [what, ({ keys }) => { make(keys).addToResourcePolicy(statement()); }, 'Keys/Key', words])),
    ...statements.slice(0, 4).map(([what, statement, words]): Mistake => [`${what}, in a stack that does not know its account`, ({ anywhere }) => { new SymmetricDataKey(anywhere, 'Key').addToResourcePolicy(statement()); }, 'Anywhere/Key', words]),
    ['outside of the context contract', ({ keys }) => { new SymmetricDataKey(keys, 'Key', { contextKeys: ['tenant'] }).addToResourcePolicy(new PolicyStatement({ sid: 'Mine', principals: [owner], actions: ['kms:Decrypt'], resources: ['*'] })); }, 'Mine', /statement 'Mine'/],
  ]);
});

describe('functions', () => {
  areToldPlainly([
    ...eachKind((make) => {
      const attach = (key: KeysmithKey, fn: Function, name: string, duties: string[] = []) =>
        untyped<SymmetricDataKey>(key).attachTo(fn, untyped({ as: name, name, duties }));
      return [
        ['under a name to come', ({ keys }) => attach(make(keys), functionIn(keys, 'Fn'), later('DATA')), 'Keys/Key', /attachTo\('Keys\/Fn'\)/],
        ['for a duty that its enum has not', ({ keys }) => attach(make(keys), functionIn(keys, 'Fn'), 'DATA', untyped([undefined])), 'Keys/Key', /duty 'undefined': choose of/],
        ['for a duty that is a prototype\'s', ({ keys }) => attach(make(keys), functionIn(keys, 'Fn'), 'DATA', untyped(['constructor'])), 'Keys/Key', /duty 'constructor': choose of/],
        ['without saying how', ({ keys }) => untyped<SymmetricDataKey>(make(keys)).attachTo(functionIn(keys, 'Fn'), untyped(undefined)), 'Keys/Key', /attachTo\('Keys\/Fn'\)/],
        ['under no name', ({ keys }) => attach(make(keys), functionIn(keys, 'Fn'), untyped(undefined)), 'Keys/Key', /attachTo\('Keys\/Fn'\)/],
        ['under a name in small letters', ({ nested }) => attach(make(nested), functionIn(nested, 'Fn'), 'data'), 'Keys/Nested/Key', /attachTo\('Keys\/Nested\/Fn'\)/],
        ['under the same name twice', ({ keys }) => {
          const [key, fn] = [make(keys), functionIn(keys, 'Fn')];
          attach(key, fn, 'DATA');
          attach(key, fn, 'DATA');
        }, 'Keys/Key', /attachTo\('Keys\/Fn'\)/],
        ['abroad', ({ keys, abroad }) => attach(make(keys), functionIn(abroad, 'Fn'), 'DATA'), 'Keys/Key', /attachTo\('Abroad\/Fn'\)/],
        ['that are imported', ({ keys }) => attach(make(keys), untyped(Function.fromFunctionArn(keys, 'Fn', Fn.importValue('FnArn'))), 'DATA'), 'Keys/Key', /attachTo\('Keys\/Fn'\)/],
        ['that are not there', ({ keys }) => attach(make(keys), untyped(undefined), 'DATA'), 'Keys/Key', /attachTo/],
        ['with a duty of no kind', ({ keys }) => attach(make(keys), functionIn(keys, 'Fn'), 'DATA', ['generateMac']), 'Keys/Key', /generateMac|MAC/],
        ['with a duty of another kind', ({ keys }) => attach(make(keys), functionIn(keys, 'Fn'), 'DATA', [DataKeyDuty.RE_ENCRYPT_TO, SigningDuty.VERIFY, ClientEncryptionDuty.ENCRYPT]), 'Keys/Key', /cannot (re-encrypt|verify signatures)/],
      ];
    }),
  ]);
});

const rawBucket = (scope: Construct, kmsMasterKeyId: string) => new CfnBucket(scope, 'Bucket', {
  bucketEncryption: { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId } }] },
});

describe('keys in the hands of services', () => {
  const handed: readonly (readonly [what: string, hand: (scope: Construct, key: IKey) => unknown, resource: string, property: RegExp])[] = [
    ['a bucket', (scope, key) => bucketIn(scope, 'Bucket', key), 'Bucket', /KMSMasterKeyID/],
    ['a bucket of a token\'s name', (scope, key) => bucketIn(scope, 'Bucket', key, later('orders')), 'Bucket', /KMSMasterKeyID/],
    ['an L1 bucket by ARN', (scope, key) => rawBucket(scope, key.keyArn), 'Bucket', /KMSMasterKeyID/],
    ['an L1 bucket by a text with the id', (scope, key) => rawBucket(scope, `arn:${Aws.PARTITION}:kms:${Aws.REGION}:${Aws.ACCOUNT_ID}:key/${key.keyId}`), 'Bucket', /KMSMasterKeyID/],
    ['a table', (scope, key) => tableIn(scope, 'Table', key), 'Table', /KMSMasterKeyId/],
    ['a secret', (scope, key) => secretIn(scope, 'Secret', key), 'Secret', /KmsKeyId/],
    ['a function', (scope, key) => functionIn(scope, 'Fn', { environment: { A: 'b' }, environmentEncryption: key }), 'Fn', /KmsKeyArn/],
    ['a queue', (scope, key) => new Queue(scope, 'Queue', { encryption: QueueEncryption.KMS, encryptionMasterKey: key }), 'Queue', /KmsMasterKeyId/],
    ['a resource of no class', (scope, key) => new CfnResource(scope, 'Thing', { type: 'AWS::Kendra::Index', properties: { ServerSideEncryptionConfiguration: { KmsKeyId: key.keyArn } } }), 'Thing', /KmsKeyId/],
  ];
  areToldPlainly([
    ...eachKind((make) => handed.flatMap(([what, hand, resource, property]): Mistake[] => [
      [`themselves, to ${what}`, ({ keys }) => hand(keys, make(keys)), `Keys/${resource}`, new RegExp(`(?=[^]*Keys/Key)(?=[^]*${property.source})`)],
      [`themselves, to ${what} of another stack`, ({ keys, others }) => hand(others, make(keys)), `Others/${resource}`, new RegExp(`(?=[^]*Keys/Key)(?=[^]*${property.source})`)],
      [`themselves, to ${what} of a nested stack without an account`, ({ anywhere }) => hand(new NestedStack(anywhere, 'Nested'), make(anywhere)), `Anywhere/Nested/${resource}`, new RegExp(`(?=[^]*Anywhere/Key)(?=[^]*${property.source})`)],
    ])),
    ['by a view of another service', ({ keys }) => tableIn(keys, 'Table', new SymmetricDataKey(keys, 'Key').forService(KmsService.S3)), 'Keys/Table', /KMSMasterKeyId/],
    ['by a view of another account', ({ keys, abroad }) => rawBucket(abroad, new SymmetricDataKey(keys, 'Key').forService(KmsService.S3).keyArn), 'Abroad/Bucket', /Keys\/Key/],
    ['by a view of another Region', ({ keys, overseas }) => rawBucket(overseas, new SymmetricDataKey(keys, 'Key').forService(KmsService.S3).keyId), 'Overseas/Bucket', /Keys\/Key/],
    ['by a view, in an identity policy', ({ keys }) => roleIn(keys, 'Role').addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [new SymmetricDataKey(keys, 'Key').forService(KmsService.S3).keyArn] })), 'Keys/Role/DefaultPolicy', /Keys\/Key/],
    ['by a view, whose stack waits for the resource\'s', ({ keys, others }) => {
      const key = new SymmetricDataKey(keys, 'Key');
      const bucket = bucketIn(others, 'Bucket', key.forService(KmsService.S3));
      bucket.grantRead(roleIn(keys, 'Role'));
    }, 'Others/Bucket', /Keys\/Key/],
    ['by no view', ({ keys }) => new SymmetricDataKey(keys, 'Key').forService(untyped(undefined)), 'Keys/Key', /forService/],
    ['by names to come', ({ keys }) => new SymmetricDataKey(keys, 'Key').serve(KmsService.SSM, { resourceNames: Token.asList(Lazy.list({ produce: () => ['/a'] })) }), 'Keys/Key', /resourceNames/],
    ['by a name to come', ({ anywhere }) => {
      new SymmetricDataKey(anywhere, 'Key').serve(KmsService.SSM, { resourceNames: [new CfnBucket(anywhere, 'Bucket').ref] }).grantDecrypt(roleIn(anywhere, 'Role'));
    }, 'Anywhere/Key', /serve\(…\)/],
    ['by a service-linked role to come', ({ keys }) => new SymmetricDataKey(keys, 'Key').serve(KmsService.EBS, { serviceLinkedRoles: [later('mine')] }), 'Keys/Key', /serviceLinkedRoles/],
    ['by a view that grants signing', ({ keys }) => new SymmetricDataKey(keys, 'Key').forService(KmsService.DYNAMODB).grantSign(roleIn(keys, 'Role')), 'Keys/Key', /kms:Sign/],
    ['by a view that grants what is to come', ({ keys }) => new SymmetricDataKey(keys, 'Key').forService(KmsService.S3).grant(roleIn(keys, 'Role'), later('kms:Sign')), 'Keys/Key', /cannot grant/],
    ['by a view that takes statements', ({ keys }) => new SymmetricDataKey(keys, 'Key').forService(KmsService.S3).addToResourcePolicy(new PolicyStatement({ sid: 'Mine', principals: [new ArnPrincipal(later('arn:aws:iam::111122223333:role/r'))], actions: ['kms:Decrypt'] })), 'Keys/Key', /statement/],
    ['of asymmetric keys', ({ keys }) => new SigningKey(keys, 'Key').forService(KmsService.S3), 'Keys/Key', /symmetric/],
    ['granted through the service by hand', ({ keys }) => new SymmetricDataKey(keys, 'Key').grantDecrypt(new ViaServicePrincipal(`s3.${Aws.REGION}.amazonaws.com`, roleIn(keys, 'Role'))), 'Keys/Key', /forService\(KmsService\.S3\)/],
    ['granted through some service by hand', ({ keys }) => new SymmetricDataKey(keys, 'Key').grantDecrypt(new ViaServicePrincipal(later('braket.amazonaws.com'))), 'Keys/Key', /forService/],
  ]);
});

describe('what is changed behind a key\'s back', () => {
  const override = (key: KeysmithKey, name: string, value: unknown) => (key.node.defaultChild as CfnKey).addPropertyOverride(name, value);
  areToldPlainly([
    ...eachKind((make) => [
      ['its spec, by a token', ({ keys }) => override(make(keys), 'KeySpec', Fn.importValue('Spec')), 'Keys/Key', /KeySpec/],
      ['its usage', ({ keys }) => override(make(keys), 'KeyUsage', 'GENERATE_VERIFY_MAC'), 'Keys/Key', /KeyUsage/],
      ['its origin, by a parameter', ({ keys }) => override(make(keys), 'Origin', new CfnParameter(keys, 'Origin').valueAsString), 'Keys/Key', /Origin/],
      ['its Regions, by a condition', ({ keys }) => override(make(keys), 'MultiRegion', Token.asAny({ 'Fn::If': ['Everywhere', true, false] })), 'Keys/Key', /MultiRegion/],
      ['its lock-out check', ({ keys }) => override(make(keys), 'BypassPolicyLockoutSafetyCheck', true), 'Keys/Key', /BypassPolicyLockoutSafetyCheck/],
      ['its pending window', ({ keys }) => override(make(keys), 'PendingWindowInDays', 3), 'Keys/Key', /PendingWindowInDays/],
      ['its policy', ({ keys }) => override(make(keys), 'KeyPolicy', { Statement: [{ Resource: Aws.STACK_ID }] }), 'Keys/Key', /KeyPolicy/],
      ['its rotation, by a condition', ({ keys }) => override(make(keys), 'EnableKeyRotation', Token.asAny({ 'Fn::If': ['Rotates', true, false] })), 'Keys/Key', /rotation/],
      ['grants of CDK that pass the key by', ({ keys }) => KeyGrants.fromKey(make(keys)).decrypt(roleIn(keys, 'Role')), 'Keys/Key', /kms:Decrypt/],
      ['grants of CDK on its resource', ({ keys }) => KeyGrants.fromKey(make(keys).node.defaultChild as CfnKey).decrypt(new OrganizationPrincipal('o-1234567890')), 'Keys/Key', /statement/],
      ['an identity policy of a nested stack', ({ nested, keys }) => roleIn(nested, 'Role').addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt', 'kms:Sign'], resources: [make(keys).keyArn] })), 'Keys/Key', /kms:(Decrypt|Sign)/],
      ['a pattern of identity policies', ({ keys }) => new ManagedPolicy(keys, 'Policy', { roles: [roleIn(keys, 'Role')], statements: [new PolicyStatement({ actions: ['kms:Encrypt', 'kms:Sign*'], resources: [make(keys).keyArn] })] }), 'Keys/Key', /kms:(Encrypt|Sign)/],
    ]),
  ]);
});

test('an app in a stage is told the same', () => {
  const message = told(({ app }) => {
    const stack = new Stack(new Stage(app, 'Prod', { env: HERE }), 'Keys');
    new SymmetricDataKey(stack, 'Key').grantDecrypt(new AccountPrincipal(Aws.ACCOUNT_ID));
  });
  expect(message).toContain("'Prod/Keys/Key'");
  for (const pattern of NEVER) expect(message).not.toMatch(pattern);
});

test('messages of CDK itself are where they should be', () => {
  // What is looked for below must be something that CDK can say: otherwise nothing is shown by its absence.
  const stack = new Stack(new App(), 'Keys');
  expect(String(new AccountPrincipal(Aws.ACCOUNT_ID))).toMatch(NEVER[0]);
  new CfnOutput(stack, 'Out', { value: Lazy.string({ produce: () => { throw new ValidationError('Reason' as never, 'it broke', stack); } }) });
  expect(() => (stack.node.root as App).synth()).toThrow(NEVER[1]);
});
