import { App, Aws, CfnParameter, Fn, Lazy, NestedStack, Stack, Stage, type StackProps } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Alias, CfnAlias, Key } from 'aws-cdk-lib/aws-kms';
import { SigningKey, SymmetricDataKey } from '../../src';
import { decide } from '../../src/authz';
import { almightyRoleIn, Deployed, HERE, roleIn } from '../support/deployed';

/** In an account and Region a name belongs to one key, and every alias begins with `alias/`. */

const OTHER_REGION = { ...HERE, region: 'eu-central-1' };

function stackIn(env: object = HERE, id = 'Keys', app = new App(), props: StackProps = {}): Stack {
  return new Stack(app, id, { env, ...props });
}

/** Names of all aliases of a stack, as its template has them. */
function aliasNames(stack: Stack): unknown[] {
  const { template } = (stack.node.root as App).synth({ force: true }).getStackArtifact(stack.artifactId);
  return Object.values((template as { Resources: Record<string, { Type: string; Properties: { AliasName: unknown } }> }).Resources)
    .filter(({ Type }) => Type === 'AWS::KMS::Alias').map(({ Properties }) => Properties.AliasName);
}

describe('the name of an alias', () => {
  test.each<[string, string, string]>([
    ['as it is', 'alias/orders', 'alias/orders'],
    ['with the prefix it lacks', 'orders', 'alias/orders'],
    ['with slashes', 'orders/data/2026', 'alias/orders/data/2026'],
    ['with a prefix that only looks like it', 'aliases/orders', 'alias/aliases/orders'],
    ['with the longest name', 'a'.repeat(250), `alias/${'a'.repeat(250)}`],
    ['that ends in aws/, which is not its beginning', 'orders/aws/data', 'alias/orders/aws/data'],
  ])('is written %s', (_, alias, name) => {
    const stack = stackIn();
    new SymmetricDataKey(stack, 'Key', { alias });
    expect(aliasNames(stack)).toEqual([name]);
  });

  test.each<[string, (stack: Stack) => string, unknown]>([
    ['a pseudo parameter first', () => `${Aws.ACCOUNT_ID}-orders`, { 'Fn::Join': ['', ['alias/', { Ref: 'AWS::AccountId' }, '-orders']] }],
    ['a parameter alone', (stack) => new CfnParameter(stack, 'Name').valueAsString, { 'Fn::Join': ['', ['alias/', { Ref: 'Name' }]] }],
    ['a parameter behind the prefix', (stack) => `alias/${new CfnParameter(stack, 'Name').valueAsString}`, { 'Fn::Join': ['', ['alias/', { Ref: 'Name' }]] }],
    ['a value that synthesis knows', () => Lazy.string({ produce: () => 'orders' }), 'alias/orders'],
  ])('has its prefix where it begins with %s', (_, alias, name) => {
    const stack = stackIn();
    new SymmetricDataKey(stack, 'Key').addAlias(alias(stack));
    expect(aliasNames(stack)).toEqual([name]);
  });

  test.each<[string, (stack: Stack) => string, RegExp]>([
    ['with a space', () => 'our orders', /^Keys\/Key: alias 'our orders' is no name KMS takes: use up to 250 letters, digits, '\/', '_' and '-'/],
    ['with a colon', () => 'alias/orders:data', /^Keys\/Key: alias 'alias\/orders:data' is no name KMS takes/],
    ['that is empty', () => '', /^Keys\/Key: alias '' is no name KMS takes/],
    ['that is nothing but the prefix', () => 'alias/', /^Keys\/Key: alias 'alias\/' is no name KMS takes/],
    ['that is too long', () => 'a'.repeat(251), /^Keys\/Key: alias 'a+' is no name KMS takes/],
    ['that is AWS\'s', () => 'aws/orders', /^Keys\/Key: alias 'alias\/aws\/orders' begins with 'aws\/', which AWS keeps for its own keys/],
    ['that is AWS\'s in other letters', () => 'alias/AWS/orders', /begins with 'aws\/'/],
    ['with a space behind what the stack knows', () => `${Aws.ACCOUNT_ID} orders`, /^Keys\/Key: alias '111122223333 orders' is no name KMS takes/],
  ])('is refused %s', (_, alias, message) => {
    const stack = stackIn();
    expect(() => new SymmetricDataKey(stack, 'Key', { alias: alias(stack) })).toThrow(message);
    expect(() => new SymmetricDataKey(stack, 'Other').addAlias(alias(stack))).toThrow(/Keys\/Other: alias/);
  });
});

describe('one name for two keys', () => {
  const TWICE = /\[Keys\/One\] alias 'alias\/orders' is that of 'Keys\/Two(\/Key)?' too, and in an account and Region a name belongs to one key: choose another/;
  const first = (stack: Stack, alias = 'orders') => new SymmetricDataKey(stack, 'One', { alias });

  test.each<[string, (stack: Stack) => unknown]>([
    ['of this library', (stack) => new SymmetricDataKey(stack, 'Two', { alias: 'orders' })],
    ['of another kind, with the prefix', (stack) => new SigningKey(stack, 'Two', { alias: 'alias/orders' })],
    ['added later', (stack) => new SymmetricDataKey(stack, 'Two', { alias: 'two' }).addAlias('orders')],
    ['of CDK', (stack) => new Key(stack, 'Two', { alias: 'orders' })],
    ['in a nested stack, which is in the same account and Region', (stack) => new SymmetricDataKey(new NestedStack(stack, 'Two'), 'Key', { alias: 'orders' })],
    ['of CDK\'s Alias', (stack) => new Alias(stack, 'Two', { aliasName: 'alias/orders', targetKey: new Key(stack, 'Target') })],
    ['of a resource of a template', (stack) => new CfnAlias(stack, 'Two', { aliasName: 'alias/orders', targetKeyId: 'k' })],
    ['that synthesis knows', (stack) => new Key(stack, 'Two').addAlias(Lazy.string({ produce: () => 'alias/orders' }))],
  ])('%s is refused at synthesis', (_, second) => {
    const stack = stackIn();
    first(stack);
    second(stack);
    expect(() => (stack.node.root as App).synth()).toThrow(TWICE);
  });

  test('that are written differently, and are the same in this stack, is refused at synthesis', () => {
    const stack = stackIn();
    new SymmetricDataKey(stack, 'One', { alias: `${Aws.ACCOUNT_ID}/orders` });
    new SymmetricDataKey(stack, 'Two', { alias: `${HERE.account}/orders` });
    expect(() => (stack.node.root as App).synth()).toThrow(`alias 'alias/${HERE.account}/orders' is that of 'Keys/Two' too`);
  });

  test.each<[string, (stack: Stack) => unknown]>([
    ['a longer name', (stack) => new SymmetricDataKey(stack, 'Two', { alias: 'orders2' })],
    ['a name behind it', (stack) => new SymmetricDataKey(stack, 'Two', { alias: 'orders/data' })],
    ['the name in other letters', (stack) => new SymmetricDataKey(stack, 'Two', { alias: 'Orders' })],
    ['the name in another stack\'s nested one', (stack) =>
      new SymmetricDataKey(new NestedStack(stackIn(OTHER_REGION, 'Far', stack.node.root as App), 'Nested'), 'Two', { alias: 'orders' })],
    ['the name in another Region', (stack) => new SymmetricDataKey(stackIn(OTHER_REGION, 'Far', stack.node.root as App), 'Two', { alias: 'orders' })],
    ['what deployment knows', (stack) => new SymmetricDataKey(stack, 'Two', { alias: new CfnParameter(stack, 'Name').valueAsString })],
  ])('is not %s', (_, second) => {
    const stack = stackIn();
    first(stack);
    second(stack);
    expect(() => (stack.node.root as App).synth()).not.toThrow();
  });

  test('one key twice is refused at once', () => {
    const key = first(stackIn());
    expect(() => key.addAlias('alias/orders')).toThrow("Keys/One: the key has alias 'alias/orders' already");
    expect(() => key.addAlias(Lazy.string({ produce: () => 'orders' }))).toThrow("the key has alias 'alias/orders' already");
    expect(() => key.addAlias('more')).not.toThrow();
  });
});

describe('one name in two stacks', () => {
  const NOWHERE = {};
  /** What is said of the first of them, of its key. */
  const said = (env: object, second: (app: App) => unknown) => {
    const app = new App();
    const stack = stackIn(env, 'First', app);
    new SymmetricDataKey(stack, 'One', { alias: 'orders' });
    second(app);
    app.synth();
    return Annotations.fromStack(stack).findWarning('/First/One/Resource', Match.stringLikeRegexp('belongs to one key')).map(({ entry }) => String(entry.data));
  };

  test.each<[string, object, (app: App) => unknown, string]>([
    ['of one account and Region', HERE, (app) => new SymmetricDataKey(stackIn(HERE, 'Second', app), 'Two', { alias: 'orders' }), "'Second/Two' in stack 'Second'"],
    ['of one stage, which leave open where they are', NOWHERE, (app) => new SigningKey(stackIn(NOWHERE, 'Second', app), 'Two', { alias: 'orders' }), "'Second/Two' in stack 'Second'"],
    ['of which one is nested in another', HERE, (app) => new SymmetricDataKey(new NestedStack(stackIn(HERE, 'Second', app), 'Nested'), 'Two', { alias: 'orders' }), "'Second/Nested/Two' in stack 'Second'"],
    ['of which one has a key of CDK', HERE, (app) => new Key(stackIn(HERE, 'Second', app), 'Two', { alias: 'orders' }), "'Second/Two' in stack 'Second'"],
    ['of two stages in one account and Region', HERE, (app) =>
      new SymmetricDataKey(new Stack(new Stage(app, 'Later', { env: HERE }), 'Second'), 'Two', { alias: 'orders' }), "'Later/Second/Two' in stack 'Later/Second'"],
  ])('%s is warned of', (_, env, second, other) => {
    expect(said(env, second)).toEqual([expect.stringContaining(`alias 'alias/orders' is that of ${other} too`)]);
  });

  test.each<[string, object, (app: App) => unknown]>([
    ['of two Regions', HERE, (app) => new SymmetricDataKey(stackIn(OTHER_REGION, 'Second', app), 'Two', { alias: 'orders' })],
    ['of two accounts', HERE, (app) => new SymmetricDataKey(stackIn({ ...HERE, account: '444455556666' }, 'Second', app), 'Two', { alias: 'orders' })],
    ['of which one leaves open where it is', HERE, (app) => new SymmetricDataKey(stackIn(NOWHERE, 'Second', app), 'Two', { alias: 'orders' })],
    ['of two stages that leave open where they are', NOWHERE, (app) => new SymmetricDataKey(new Stack(new Stage(app, 'Later'), 'Second'), 'Two', { alias: 'orders' })],
    ['that have two names', HERE, (app) => new SymmetricDataKey(stackIn(HERE, 'Second', app), 'Two', { alias: 'orders2' })],
  ])('%s is not', (_, env, second) => expect(said(env, second)).toEqual([]));

  test('is said of each of the keys, whichever stage is synthesized', () => {
    const app = new App();
    const stacks = ['Beta', 'Prod'].map((id) => new Stack(new Stage(app, id, { env: HERE }), 'Shop'));
    for (const stack of stacks) new SymmetricDataKey(stack, 'Key', { alias: 'orders' });
    app.synth();
    const ids = stacks.flatMap((stack) => stack.node.findAll()).filter(({ node }) => node.metadata.some(({ data }) => String(data).includes('cdk-keysmith:alias-twice')));
    expect(ids.map(({ node }) => node.path)).toEqual(['Beta/Shop/Key/Resource', 'Prod/Shop/Key/Resource']);
  });
});

describe('an administrator of a key', () => {
  const app = new App();
  const stack = stackIn(HERE, 'Keys', app);
  const administrator = roleIn(stack, 'Administrator');
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'data', administrators: [administrator] });
  key.addAlias('more');
  new SymmetricDataKey(stack, 'Other', { alias: 'other' });
  const deployed = new Deployed(app);

  test.each([
    ['data', 'Allowed'], ['more', 'Allowed'], ['other', 'ImplicitlyDenied'], ['data2', 'ImplicitlyDenied'], ['dat', 'ImplicitlyDenied'],
  ])('manages alias %s: %s', (alias, outcome) => {
    const outcomes = ['kms:CreateAlias', 'kms:UpdateAlias', 'kms:DeleteAlias'].map((action) => decide({ identities: deployed.deployment.identities }, {
      principal: deployed.arnOf(administrator), action, key: deployed.keyOf(key), aliasArn: `arn:aws:kms:${HERE.region}:${HERE.account}:alias/${alias}`,
    }).outcome);
    expect(outcomes).toEqual(Array(3).fill(outcome));
  });
});

describe('a grant to another environment', () => {
  test('tells the key by its whole alias', () => {
    const app = new App();
    const [keys, far] = [stackIn(HERE, 'Keys', app), stackIn(OTHER_REGION, 'Far', app)];
    const key = new SymmetricDataKey(keys, 'Key', { alias: `${Aws.ACCOUNT_ID}/orders` });
    const longer = new SymmetricDataKey(keys, 'Longer', { alias: `${HERE.account}/orders2`, administrators: [] });
    const reader = roleIn(far, 'Reader', { roleName: 'reader' });
    key.grants.decrypt(reader);
    const deployed = new Deployed(app);
    const parameters = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
    expect([key, longer].map((each) => deployed.outcome(reader, 'kms:Decrypt', each, { parameters }))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('cannot do so by an alias that only deployment knows', () => {
    const app = new App();
    const keys = stackIn(HERE, 'Keys', app);
    const key = new SymmetricDataKey(keys, 'Key', { alias: Fn.importValue('name') });
    expect(() => key.grants.decrypt(roleIn(stackIn(OTHER_REGION, 'Far', app), 'Reader', { roleName: 'reader' })))
      .toThrow('where the key would be told by its alias, whose name only deployment knows. Give the key an alias that is written out');
  });
});

test('an IAM policy can move an alias to another key, without one nobody can', () => {
  const app = new App();
  const stack = stackIn(HERE, 'Keys', app);
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders' });
  const [almighty, stranger] = [almightyRoleIn(stack, 'Almighty'), roleIn(stack, 'Stranger')];
  const deployed = new Deployed(app);
  expect([almighty, stranger].map((who) => deployed.outcome(who, 'kms:UpdateAlias', key))).toEqual(['Allowed', 'ImplicitlyDenied']);
});
