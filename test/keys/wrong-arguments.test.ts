import { App, Stack } from 'aws-cdk-lib';
import { ClientEncryptionKey, KmsService, SigningKey, SymmetricDataKey } from '../../src';
import { HERE, roleIn } from '../support/deployed';

/** What languages without types hand over, and typed ones by accident: said by the method's name, and never by an error of the language itself. */

type Methods = Readonly<Record<string, (...given: unknown[]) => unknown>>;

const WRONG: readonly unknown[] = [undefined, null, 17, {}, [], ['kms:Decrypt'], () => 'x'];

const stack = new Stack(new App(), 'Keys', { env: HERE });
const role = roleIn(stack, 'Role');
const data = new SymmetricDataKey(stack, 'Data');
const KINDS: readonly [string, object][] = [
  ['a data key', data],
  ['a signing key', new SigningKey(stack, 'Signing')],
  ['a client encryption key', new ClientEncryptionKey(stack, 'Client')],
];
const VIEW: readonly [string, object] = ['a view', data.forService(KmsService.S3)];

/** The method, what stands before what is wrong, and what the message says of it. */
const EVERYWHERE: readonly [method: string, first: readonly unknown[], said: RegExp][] = [
  ['addAlias', [], /^alias of 'Keys\/\w+' is .*: give it a text$/],
  ['addToResourcePolicy', [], /^addToResourcePolicy\(…\) of .* is .*: give it a PolicyStatement/],
  ['grant', [role], /^an action of .*grant\(…\).* is .*: name actions one by one/],
];
const ON_KEYS: typeof EVERYWHERE = [
  ['overruleRefusal', [], /^resource of overruleRefusal\(…\) of 'Keys\/\w+' is .*: hand over the construct/],
  ['overruleRefusal', [role], /^reason of overruleRefusal\(…\) of 'Keys\/\w+' is .*: say why, in a few words$/],
  ['narrowSourceArn', [], /^service of narrowSourceArn\(…\) of 'Keys\/\w+' is .*: name the principal/],
  ['narrowSourceArn', ['cloudfront.amazonaws.com'], /^a source ARN of narrowSourceArn\('cloudfront.amazonaws.com', …\) of .* is .*: give the ARNs one by one/],
  ['forService', [], /given no service|takes symmetric keys only/],
  ['serve', [], /given no service|takes symmetric keys only/],
];

const CASES = [
  ...[...KINDS, VIEW].flatMap(([kind, key]) => EVERYWHERE.map((each) => [kind, key, ...each] as const)),
  ...KINDS.flatMap(([kind, key]) => ON_KEYS.map((each) => [kind, key, ...each] as const)),
];

test.each(CASES)('%s says what is wrong: %#', (_, key, method, first, said) => {
  for (const wrong of WRONG) expect(() => (key as Methods)[method](...first, wrong)).toThrow(said);
});

test.each(['grantDecrypt', 'grantEncrypt', 'grantEncryptDecrypt'])('a view says whom %s is for', (method) => {
  for (const nobody of [undefined, null, 17, {}]) expect(() => (VIEW[1] as Methods)[method](nobody)).toThrow(/is nobody whom 'Keys\/Data\/S3View' could let in/);
});
