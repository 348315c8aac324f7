import { App, Duration, PropertyInjectors, Stack } from 'aws-cdk-lib';
import type { IPropertyInjector } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { ClientEncryptionKey, KeysmithKey, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../src';

const stackOf = (app = new App()) => new Stack(app, 'Keys', { env: { account: '111122223333', region: 'eu-west-1' } });

describe('what a key is', () => {
  const stack = stackOf();
  const made = {
    SymmetricDataKey: new SymmetricDataKey(stack, 'Data'),
    SigningKey: new SigningKey(stack, 'Signing'),
    ClientEncryptionKey: new ClientEncryptionKey(stack, 'Client'),
    Key: new Key(stack, 'Key'),
    nothing: undefined,
    text: 'SigningKey',
  };
  const is = {
    SymmetricDataKey: SymmetricDataKey.isSymmetricDataKey,
    SigningKey: SigningKey.isSigningKey,
    ClientEncryptionKey: ClientEncryptionKey.isClientEncryptionKey,
    KeysmithKey: KeysmithKey.isKeysmithKey,
  };

  test.each<[keyof typeof made, (keyof typeof is)[]]>([
    ['SymmetricDataKey', ['SymmetricDataKey', 'KeysmithKey']],
    ['SigningKey', ['SigningKey', 'KeysmithKey']],
    ['ClientEncryptionKey', ['ClientEncryptionKey', 'KeysmithKey']],
    ['Key', []],
    ['nothing', []],
    ['text', []],
  ])('%s is %j', (name, expected) => {
    expect(Object.entries(is).filter(([, guard]) => guard(made[name])).map(([kind]) => kind)).toEqual(expected);
  });

  test('is told of a key that another copy of the library made', () => {
    jest.isolateModules(() => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      const copy = require('../../src') as typeof import('../../src');
      const key = new copy.SigningKey(stack, 'Copied');
      expect([key instanceof SigningKey, SigningKey.isSigningKey(key), SymmetricDataKey.isSymmetricDataKey(key)]).toEqual([false, true, false]);
    });
  });
});

describe('what CDK calls specs and usages', () => {
  test.each(Object.values(SigningAlgorithm))('%s', (algorithm) => {
    const { keySpec, keyUsage } = new SigningKey(stackOf(), 'Key', { algorithm });
    expect([Object.values(KeySpec).includes(keySpec), keyUsage]).toEqual([true, KeyUsage.SIGN_VERIFY]);
  });

  test.each([[2048, KeySpec.RSA_2048], [3072, KeySpec.RSA_3072], [4096, KeySpec.RSA_4096]])('RSA of %i bits', (rsaBits, expected) => {
    const { keySpec, keyUsage } = new ClientEncryptionKey(stackOf(), 'Key', { rsaBits });
    expect([keySpec, keyUsage]).toEqual([expected, KeyUsage.ENCRYPT_DECRYPT]);
  });

  test('a data key', () => {
    const { keySpec, keyUsage } = new SymmetricDataKey(stackOf(), 'Key');
    expect([keySpec, keyUsage]).toEqual([KeySpec.SYMMETRIC_DEFAULT, KeyUsage.ENCRYPT_DECRYPT]);
  });
});

describe("an app's own defaults, by property injectors", () => {
  const injector = (constructUniqueId: string, defaults: object): IPropertyInjector => (
    { constructUniqueId, inject: (props: object) => ({ ...defaults, ...props }) }
  );
  const pendingWindows = (define: (scope: Construct) => unknown, constructUniqueId: string) => {
    const app = new App();
    PropertyInjectors.of(app).add(injector(constructUniqueId, { pendingWindow: Duration.days(7) }));
    const stack = stackOf(app);
    define(stack);
    const keys = Object.values(Template.fromStack(stack).findResources('AWS::KMS::Key')) as { Properties: { PendingWindowInDays: number } }[];
    return keys.map(({ Properties }) => Properties.PendingWindowInDays);
  };

  test.each<[string, string, (scope: Construct, props?: object) => unknown]>([
    ['a symmetric data key', SymmetricDataKey.PROPERTY_INJECTION_ID, (scope, props) => new SymmetricDataKey(scope, 'Key', props)],
    ['a signing key', SigningKey.PROPERTY_INJECTION_ID, (scope, props) => new SigningKey(scope, 'Key', props)],
    ['a client encryption key', ClientEncryptionKey.PROPERTY_INJECTION_ID, (scope, props) => new ClientEncryptionKey(scope, 'Key', props)],
  ])('%s takes them, and what it is given itself comes first', (_, id, make) => {
    expect(pendingWindows((scope) => make(scope), id)).toEqual([7]);
    expect(pendingWindows((scope) => make(scope, { pendingWindow: Duration.days(14) }), id)).toEqual([14]);
  });

  test('those of one kind are not for another', () => {
    expect(pendingWindows((scope) => new SigningKey(scope, 'Key'), SymmetricDataKey.PROPERTY_INJECTION_ID)).toEqual([30]);
  });
});
