import { App, CfnOutput, CfnResource, Lazy, NestedStack, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ArnPrincipal, Effect, PolicyStatement, ServicePrincipal, type IGrantable, type Role } from 'aws-cdk-lib/aws-iam';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AccountAccess, KeysmithKey, SigningAlgorithm, SigningDuty, SigningKey, type SigningKeyProps } from '../../src';
import { decide } from '../../src/authz';
import { check } from '../../src/checks';
import { readContract } from '../../src/runtime/environment';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

/** Several keys of KMS under one name, of which one signs. */

const ES256 = { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' };
const ML_DSA = { 'kms:SigningAlgorithm': 'ML_DSA_SHAKE_256', 'kms:MessageType': 'RAW' };
const NEXT = { name: '2027', algorithm: SigningAlgorithm.ML_DSA_65 };
const ANNOUNCED = { generations: [{ name: 'initial' }, NEXT] };
const ACTIVATED = { ...ANNOUNCED, active: '2027' };
const RETIRED = { generations: [{ name: 'initial', retired: true }, NEXT], active: '2027' };

const stackIn = (app = new App(), id = 'Keys', env = HERE) => new Stack(app, id, { env });
const functionIn = (scope: Stack, role?: Role): Function =>
  new Function(scope, 'Function', { role, runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = () => {}') });

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, any>>;
  readonly DependsOn?: string[];
}

/** The resources of a stack with one key. */
function resourcesOf(props: SigningKeyProps): Record<string, Resource> {
  const stack = stackIn();
  new SigningKey(stack, 'Tokens', props);
  return (Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> }).Resources;
}

const idsOf = (props: SigningKeyProps, type = 'AWS::KMS::Key') => Object.entries(resourcesOf(props)).filter(([, { Type }]) => Type === type).map(([id]) => id);

describe('ids', () => {
  const [plain] = idsOf({});

  test.each<[string, SigningKeyProps, boolean]>([
    ['a key that is listed as initial', { generations: [{ name: 'initial' }] }, true],
    ['announced beside it, another', ANNOUNCED, true],
    ['another is active', ACTIVATED, true],
    ['it is retired', RETIRED, true],
    ['it is no longer listed', { generations: [NEXT] }, false],
  ])('%s: its resource stays while it is listed', (_, props, stays) => {
    expect(idsOf(props).includes(plain)).toBe(stays);
  });

  test('a generation keeps its id through all of this, and whatever is listed beside it, in whatever order', () => {
    const [, next] = idsOf(ANNOUNCED);
    expect(next).toMatch(/^TokensGeneration2027[0-9A-F]{8}$/);
    for (const props of [ACTIVATED, RETIRED, { generations: [NEXT] }, { generations: [{ name: '2030' }, NEXT, { name: 'initial' }] }]) expect(idsOf(props)).toContain(next);
  });

  test('the alias follows the active one, and each has its own behind it', () => {
    const targets = (props: SigningKeyProps) => Object.fromEntries(Object.values(resourcesOf({ ...props, alias: 'tokens' })).filter(({ Type }) => Type === 'AWS::KMS::Alias')
      .map(({ Properties: { AliasName, TargetKeyId } }) => [AliasName as string, (TargetKeyId as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]]));
    const next = idsOf(ANNOUNCED)[1];
    expect(targets({})).toEqual({ 'alias/tokens': plain });
    expect(targets(ANNOUNCED)).toEqual({ 'alias/tokens': plain, 'alias/tokens/initial': plain, 'alias/tokens/2027': next });
    expect(targets(ACTIVATED)).toEqual({ 'alias/tokens': next, 'alias/tokens/initial': plain, 'alias/tokens/2027': next });
  });

  test('the alias that follows has the id it had', () => {
    const [before] = idsOf({ alias: 'tokens' }, 'AWS::KMS::Alias');
    expect(idsOf({ ...ACTIVATED, alias: 'tokens' }, 'AWS::KMS::Alias')).toContain(before);
  });

  test('an alias that is added later is one for each, too', () => {
    const stack = stackIn();
    const key = new SigningKey(stack, 'Tokens', ANNOUNCED);
    key.addAlias('alias/more');
    expect(() => key.addAlias('more')).toThrow("Keys/Tokens: the key has alias 'alias/more' already");
    const aliases = Template.fromStack(stack).findResources('AWS::KMS::Alias') as Record<string, Resource>;
    expect(Object.values(aliases).map(({ Properties }) => Properties.AliasName as string).sort()).toEqual(['alias/more', 'alias/more/2027', 'alias/more/initial']);
  });

  test('an alias of somebody else is refused once, whichever key has it', () => {
    const stack = stackIn();
    new SigningKey(stack, 'Tokens', { ...ANNOUNCED, alias: 'tokens' });
    new SigningKey(stack, 'Other', { alias: 'tokens/2027' });
    new SigningKey(stack, 'Third', { alias: 'tokens' });
    expect(() => (stack.node.root as App).synth()).toThrow(/Validation failed with the following errors:\n( *\[[^\n]*\n?){4}$/);
  });

  test.each<[string, SigningKeyProps, string[]]>([
    ['announced', ANNOUNCED, ['2027 waits for initial']],
    ['activated', ACTIVATED, ['initial waits for 2027']],
    ['retired', RETIRED, ['initial waits for 2027']],
    ['of three', { generations: [{ name: 'a' }, { name: 'b' }, { name: 'c' }], active: 'b' }, ['a waits for b', 'c waits for b']],
  ])('whoever is not active waits for the active one: %s', (_, props, expected) => {
    const resources = resourcesOf(props);
    const nameOf = (id: string) => (id === plain ? 'initial' : /Generation(\w+)[0-9A-F]{8}$/.exec(id)![1].toLowerCase());
    expect(Object.entries(resources).flatMap(([id, { DependsOn = [] }]) => DependsOn.map((on) => `${nameOf(id)} waits for ${nameOf(on)}`)).sort()).toEqual(expected);
  });
});

describe('who may do what', () => {
  const app = new App();
  const stack = stackIn(app);
  const emergency = executionRole().replace(/cdk-.*/, 'Emergency');
  const key = new SigningKey(stack, 'Tokens', {
    generations: [{ name: 'initial', retired: true }, { name: '2026', algorithm: SigningAlgorithm.ES256 }, NEXT, { name: '2028' }], active: '2027', breakGlass: [new ArnPrincipal(emergency)],
  });
  const duties: Record<string, (role: Role) => unknown> = {
    'sign': (role) => key.grants.sign(role),
    'verify': (role) => key.grants.verify(role),
    'readPublicKey': (role) => key.grants.readPublicKey(role),
    'issueTokens': (role) => key.grants.issueTokens(role),
    'describe': (role) => key.grants.describe(role),
    'grantSignVerify': (role) => key.grantSignVerify(role),
    'grant(Sign, Verify)': (role) => key.grant(role, 'kms:Sign', 'kms:Verify'),
  };
  const roles = Object.fromEntries(Object.entries(duties).map(([duty, grant], i) => {
    const role = roleIn(stack, `Role${i}`);
    grant(role);
    return [duty, role];
  }));
  key.addToResourcePolicy(new PolicyStatement({ effect: Effect.DENY, actions: ['kms:GetPublicKey'], principals: [new ArnPrincipal(emergency)], resources: ['*'] }));
  key.addToResourcePolicy(new PolicyStatement({ actions: ['kms:Verify'], principals: [new ArnPrincipal(`${emergency}2`)], resources: ['*'] }));
  const world = new Deployed(app);
  const ALL = ['initial', '2026', '2027', '2028'];
  /** The generations on which the call is allowed. */
  const allowedOn = (who: Role | string, action: string) => ALL.filter((name) =>
    world.outcome(who, action, key.generation(name), /Sign|Verify/.test(action) ? { conditionKeys: name === '2027' ? ML_DSA : ES256 } : {}) === 'Allowed');

  test.each<[string, Record<string, string[]>]>([
    ['sign', { Sign: ['2027'], Verify: [], GetPublicKey: [] }],
    ['verify', { Sign: [], Verify: ALL, GetPublicKey: [] }],
    ['readPublicKey', { Sign: [], Verify: [], GetPublicKey: ALL }],
    ['issueTokens', { Sign: ['2027'], Verify: [], GetPublicKey: ALL }],
    ['describe', { Sign: [], GetPublicKey: ALL, DescribeKey: ALL }],
    ['grantSignVerify', { Sign: ['2027'], Verify: ALL }],
    ['grant(Sign, Verify)', { Sign: ['2027'], Verify: ALL }],
  ])('%s', (duty, expected) => {
    expect(Object.fromEntries(Object.keys(expected).map((action) => [action, allowedOn(roles[duty], `kms:${action}`)]))).toEqual(expected);
  });

  test('each under its own algorithm', () => {
    expect(world.outcome(roles.sign, 'kms:Sign', key.generation('2027'), { conditionKeys: ES256 })).toBe('ImplicitlyDenied');
    expect(world.outcome(roles.verify, 'kms:Verify', key.generation('2028'), { conditionKeys: ML_DSA })).toBe('ImplicitlyDenied');
  });

  test('in an emergency, signing is for the active one alone, and verifying for whoever needs it', () => {
    expect([allowedOn(emergency, 'kms:Sign'), allowedOn(emergency, 'kms:Verify')]).toEqual([['2027'], ALL]);
  });

  test('what a statement denies holds for all, and what it allows for the active one', () => {
    expect(ALL.map((name) => world.outcome(emergency, 'kms:GetPublicKey', key.generation(name)))).toEqual(ALL.map(() => 'ExplicitlyDenied'));
    expect(allowedOn(`${emergency}2`, 'kms:Verify')).toEqual(['2027']);
  });

  test('the deployer may put the policy of each, and use none', () => {
    expect(allowedOn(executionRole(), 'kms:PutKeyPolicy')).toEqual(ALL);
    expect(allowedOn(executionRole(), 'kms:Sign')).toEqual([]);
  });

  test.each<[string, (grantee: IGrantable) => unknown]>([
    ['grantSign', (grantee) => key.generation('2026').grant(grantee, 'kms:Sign')],
    ['grant', (grantee) => (key.generation('2028') as KeysmithKey).grantSign(grantee)],
  ])('nobody is granted signing on a generation that is not active: %s', (_, grant) => {
    expect(() => grant(new ArnPrincipal(emergency))).toThrow(/'Keys\/Tokens\/Generation202[68]' is generation '202[68]' of a signing key, and nobody is granted kms:Sign on it: generation '2027' is the active one. Grant it on 'Keys\/Tokens' itself/);
  });

  test('own checks find nothing wrong with any of them', () => {
    const plainApp = new App();
    const plain = stackIn(plainApp);
    const checked = new SigningKey(plain, 'Tokens', { ...RETIRED, alias: 'tokens' });
    checked.grants.issueTokens(roleIn(plain, 'Issuer', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
    const { findings } = check(new Deployed(plainApp).deployment);
    // That nobody watches is true of any key without alarms, and is said once.
    expect(findings.map(({ rule, message }) => `${rule}: ${message}`)).toEqual([expect.stringMatching(/^KP-28: Keys\/Tokens: is not watched, as no other key/)]);
  });
});

describe('what the key is to others', () => {
  const stack = stackIn();
  const key = new SigningKey(stack, 'Tokens', ACTIVATED);

  test('it is the active one', () => {
    expect([key.algorithm, key.keySpec, stack.resolve(key.keyArn)]).toEqual(['ML-DSA-65', 'ML_DSA_65', stack.resolve(key.generation('2027').keyArn)]);
    expect(stack.resolve(key.generation('initial').keyArn)).not.toEqual(stack.resolve(key.keyArn));
  });

  test('it is a key of this library, and so is each generation', () => {
    expect([KeysmithKey.isKeysmithKey(key), SigningKey.isSigningKey(key), KeysmithKey.isKeysmithKey(key.generation('2027'))]).toEqual([true, true, true]);
  });

  test('a key without generations is its own initial one', () => {
    const plain = new SigningKey(stack, 'Plain');
    expect(plain.generation('initial')).toBe(plain);
    expect(() => plain.generation('2027')).toThrow("'Keys/Plain' has no generation '2027', only 'initial': list it in generations");
    expect(() => key.generation('2028')).toThrow("'Keys/Tokens' has no generation '2028': choose one of initial, 2027");
  });

  test('RSA keys of all lengths beside each other', () => {
    const rsa = new SigningKey(stack, 'Rsa', {
      algorithm: SigningAlgorithm.PS256, rsaBits: 2048, generations: [{ name: 'initial' }, { name: 'longer', rsaBits: 4096 }, { name: 'other', algorithm: SigningAlgorithm.RS256 }, { name: 'small', algorithm: SigningAlgorithm.ES256 }],
    });
    const specs = ['initial', 'longer', 'other', 'small'].map((name) => (rsa.generation(name).node.defaultChild as CfnKey).keySpec);
    expect(specs).toEqual(['RSA_2048', 'RSA_4096', 'RSA_3072', 'ECC_NIST_P256']);
  });

  test('what is changed on a resource behind its back is told, of the first as well', () => {
    const own = stackIn();
    const changed = new SigningKey(own, 'Tokens', ANNOUNCED);
    for (const name of ['initial', '2027']) (changed.generation(name).node.defaultChild as CfnKey).addPropertyOverride('KeyUsage', 'KEY_AGREEMENT');
    const synth = () => (own.node.root as App).synth();
    expect(synth).toThrow(/KeyUsage was set to "KEY_AGREEMENT"[^]*generation 'initial' of a signing key is for SIGN_VERIFY/);
    expect(synth).toThrow(/generation '2027' of a signing key is for SIGN_VERIFY/);
  });
});

describe('refused', () => {
  test.each<[string, SigningKeyProps, string]>([
    ['an empty list', { generations: [] }, 'Keys/Tokens: generations is empty: list the one that signs, or leave it out'],
    ['an active one that is not listed', { ...ANNOUNCED, active: '2028' }, "Keys/Tokens: active is '2028', and no generation is called so: choose one of 'initial', '2027'"],
    ['an active one, and no list', { active: '2027' }, "active is '2027', and no generation is called so: choose one of 'initial'"],
    ['an active one in other capitals', { generations: [{ name: 'a' }], active: 'A' }, "active is 'A', and no generation is called so"],
    ['an active one that deployment knows', { ...ANNOUNCED, active: Lazy.string({ produce: () => '2027' }) }, 'active is not known before deployment, and no generation is called so'],
    ['an active one that is retired', { generations: [{ name: 'initial', retired: true }, NEXT], active: 'initial' }, "generation 'initial' is active and retired: make another active first"],
    ['none that is left', { generations: [{ name: 'initial', retired: true }] }, "all generations are retired ('initial'), and none is left to sign: list a new one"],
    ['several, and nobody says which', { generations: [{ name: 'a' }, { name: 'b' }] }, "none of them 'initial', which would sign by default: say which signs (active: 'a')"],
    ['the one that signs by default is retired', { generations: [{ name: 'initial', retired: true }, { name: '2027' }, { name: '2028' }] }, "'initial', which signs by default, is retired: say which signs (active: '2027')"],
    ['a retired first one, and nobody says which', { generations: [{ name: 'initial', retired: true }, NEXT] }, "say which signs (active: '2027')"],
    ['two of one name', { generations: [{ name: 'a' }, { name: 'a' }], active: 'a' }, "generations has 'a' twice, capitals aside"],
    ['two that differ in capitals', { generations: [{ name: 'initial' }, { name: 'Initial' }] }, "generations has 'Initial' twice, capitals aside"],
    ...[['', "''"], ['a b', "'a b'"], ['-a', "'-a'"], ['a/b', "'a/b'"], ['thirteen-long', "'thirteen-long'"], [Lazy.string({ produce: () => 'a' }), 'what only deployment knows'], [undefined as never, 'none']]
      .map(([name, seen]): [string, SigningKeyProps, string] => [`the name ${seen}`, { generations: [{ name }] }, `a generation has the name ${seen}: give it up to 12 letters, digits, '-' and '_', a letter or digit first, like '2027'`]),
    ['an algorithm that is none', { generations: [{ name: 'a', algorithm: 'HS256' as SigningAlgorithm }] }, "Keys/Tokens: generation 'a': 'HS256' is no signing algorithm of KMS"],
    ['bits that are none', { generations: [{ name: 'a', algorithm: SigningAlgorithm.RS256, rsaBits: 1024 }] }, "Keys/Tokens: generation 'a': rsaBits is 1024"],
    ['bits for another algorithm', { generations: [{ name: 'a', rsaBits: 2048 }] }, "generation 'a': rsaBits is for RS and PS algorithms, and ES256 has one key spec only"],
  ])('%s', (_, props, message) => {
    expect(() => new SigningKey(stackIn(), 'Tokens', props)).toThrow(message);
  });
});

describe('what a function is told', () => {
  const told = (props: SigningKeyProps) => {
    const app = new App();
    const stack = stackIn(app);
    const fn = functionIn(stack);
    const key = new SigningKey(stack, 'Tokens', props);
    key.attachTo(fn, { name: 'TOKENS', duties: [SigningDuty.ISSUE_TOKENS] });
    const world = new Deployed(app);
    const [{ properties }] = world.deployment.resources('AWS::Lambda::Function');
    const env = (properties.Environment as { Variables: Record<string, string> }).Variables;
    return { json: env.KEYSMITH_TOKENS, contract: readContract('TOKENS', env), arnOf: (name: string) => world.arnOf(key.generation(name)) };
  };

  test.each<[string, SigningKeyProps, string]>([
    ['one', {}, 'initial'],
    ['one that is listed', { generations: [NEXT] }, '2027'],
    ['one beside a retired one', RETIRED, '2027'],
  ])('of %s, in version 1: functions with an older run time go on', (_, props, active) => {
    const { contract, arnOf } = told(props);
    expect(contract).toMatchObject({ version: 1, keyArn: arnOf(active) });
    expect(contract).not.toHaveProperty('generations');
  });

  test('of several, in version 2: the active one, and what the others do not have in common with it', () => {
    const { contract, arnOf } = told({ generations: [...ACTIVATED.generations, { name: '2028', algorithm: SigningAlgorithm.ML_DSA_44 }], active: '2027' });
    expect(contract).toEqual({
      version: 2,
      keyArn: arnOf('2027'),
      spec: 'ML_DSA_65',
      usage: 'SIGN_VERIFY',
      algorithm: 'ML_DSA_SHAKE_256',
      generations: [
        { name: 'initial', keyArn: arnOf('initial'), spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256' },
        { name: '2027', keyArn: arnOf('2027') },
        { name: '2028', keyArn: arnOf('2028'), spec: 'ML_DSA_44' },
      ],
    });
  });

  test('a generation takes 180 bytes at most', () => {
    const generations = [{ name: 'initial' }, ...Object.values(SigningAlgorithm).map((algorithm, i) => ({ name: `generation${String(i).padStart(2, '0')}`, algorithm }))];
    const { json } = told({ generations });
    for (const { name, ...entry } of (JSON.parse(json) as { generations: { name: string }[] }).generations) expect(`${JSON.stringify({ name, ...entry })},`.length).toBeLessThanOrEqual(180);
  });
});

describe('in several stacks', () => {
  /** The key's stack, and that of a function that is told of it. */
  function deployed(props: SigningKeyProps, consumerOf: (app: App) => Stack = (app) => stackIn(app, 'Functions'), duties = [SigningDuty.ISSUE_TOKENS]) {
    const app = new App();
    const stack = stackIn(app);
    const key = new SigningKey(stack, 'Tokens', props);
    const consumer = consumerOf(app);
    const fn = functionIn(consumer, roleIn(consumer, 'Role', { roleName: 'issuer', assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
    key.attachTo(fn, { name: 'TOKENS', duties });
    const world = new Deployed(app);
    const exported = Object.values(Template.fromStack(stack).findOutputs('*') as Record<string, { Export?: { Name: string } }>).flatMap(({ Export }) => Export?.Name ?? []);
    return { key, world, fn, exported: exported.filter((name) => name.includes('Arn')) };
  }

  test('at every moment somebody can sign: the stack of the key is deployed first, then that of the role', () => {
    const [before, after] = [deployed(ANNOUNCED), deployed(ACTIVATED)];
    const signers = (keys: typeof before, { world, fn }: typeof before) => ['initial', '2027'].filter((name) => decide({ identities: world.deployment.identities }, {
      principal: world.arnOf(fn.role as Role), action: 'kms:Sign', key: keys.world.keyOf(keys.key.generation(name)), conditionKeys: name === 'initial' ? ES256 : ML_DSA,
    }).outcome === 'Allowed');
    expect([signers(before, before), signers(after, before), signers(after, after)]).toEqual([['initial'], ['2027'], ['2027']]);
  });

  test('what another stack still imports is exported until it has let go', () => {
    // Without duties nothing but what the function is told refers to the keys.
    const [before, after] = [deployed(ACTIVATED, undefined, []), deployed(RETIRED, undefined, [])];
    expect(before.exported).toHaveLength(2);
    expect(after.exported.sort()).toEqual(before.exported.sort());
  });

  test.each<[string, (app: App) => Stack]>([
    ['its own', (app) => app.node.findChild('Keys') as Stack],
    ['nested in its own', (app) => new NestedStack(app.node.findChild('Keys') as Stack, 'Nested')],
  ])('nothing is exported for a function in %s', (_, consumerOf) => {
    expect(deployed(RETIRED, consumerOf).exported).toEqual([]);
  });

  test('a role of another account can be granted each by its own alias', () => {
    const app = new App();
    const stack = stackIn(app);
    const key = new SigningKey(stack, 'Tokens', { ...ANNOUNCED, alias: 'tokens' });
    const role = roleIn(stackIn(app, 'Far', OTHER_ACCOUNT), 'Role', { roleName: 'far' });
    key.grants.issueTokens(role);
    const world = new Deployed(app);
    const on = (name: string, action: string, conditionKeys?: Record<string, string>) =>
      world.outcome(role, action, key.generation(name), { conditionKeys });
    expect([on('initial', 'kms:Sign', ES256), on('2027', 'kms:Sign', ML_DSA), on('2027', 'kms:GetPublicKey')]).toEqual(['Allowed', 'ImplicitlyDenied', 'Allowed']);
  });
});

test('where IAM policies decide, they let sign with the active one', () => {
  const app = new App();
  const stack = stackIn(app);
  const key = new SigningKey(stack, 'Tokens', { ...ACTIVATED, accountAccess: AccountAccess.DELEGATE_TO_IAM });
  const role = roleIn(stack, 'Role');
  key.grants.issueTokens(role);
  const world = new Deployed(app);
  expect([world.outcome(role, 'kms:Sign', key.generation('2027'), { conditionKeys: ML_DSA }), world.outcome(role, 'kms:Sign', key.generation('initial'), { conditionKeys: ES256 })]).toEqual(['Allowed', 'ImplicitlyDenied']);
});

test('a resource that is given the key itself is told of the active one, and an overruling holds for all', () => {
  const app = new App();
  const stack = stackIn(app);
  const key = new SigningKey(stack, 'Tokens', { generations: [{ name: 'initial' }, { name: '2027' }] });
  const queue = new CfnResource(stack, 'Queue', { type: 'AWS::SQS::Queue', properties: { KmsMasterKeyId: key.keyArn } });
  const other = new CfnResource(stack, 'Other', { type: 'AWS::SQS::Queue', properties: { KmsMasterKeyId: key.generation('2027').keyArn } });
  new CfnOutput(stack, 'Arn', { value: key.keyArn });
  expect(() => app.synth()).toThrow(/'Keys\/Tokens(\/GenerationInitial)?'[^]*'Keys\/Tokens\/Generation2027'/);
  key.overruleRefusal(queue, 'known');
  key.overruleRefusal(other, 'known');
  expect(() => app.synth({ force: true })).not.toThrow();
});
