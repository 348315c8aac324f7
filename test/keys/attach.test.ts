import { App, Aws, Fn, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { ClientEncryptionDuty, ClientEncryptionKey, DataKeyDuty, SigningAlgorithm, SigningDuty, SigningKey, SymmetricDataKey } from '../../src';
import { fromEnvironment } from '../../src/runtime';
import type { KmsPort } from '../../src/runtime';
import { readContract } from '../../src/runtime/environment';
import { Deployed, HERE } from '../support/deployed';

const functionIn = (scope: Stack, id = 'Function'): Function =>
  new Function(scope, id, { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = () => {}') });

/** One function with one key of each kind. */
function deployed() {
  const app = new App();
  const stack = new Stack(app, 'App', { env: HERE });
  const fn = functionIn(stack);
  const data = new SymmetricDataKey(stack, 'Data', { encryptionContext: { Project: 'Quote "s"', stage: Fn.join('-', [Aws.STACK_NAME, 'eu']), team: '${aws:PrincipalTag/team}' }, contextKeys: ['tenant'] });
  const open = new SymmetricDataKey(stack, 'Open');
  const signer = new SigningKey(stack, 'Signer', { algorithm: SigningAlgorithm.PS512 });
  const sealer = new ClientEncryptionKey(stack, 'Sealer');
  data.attachTo(fn, { name: 'DATA', duties: [DataKeyDuty.GENERATE_DATA_KEYS, DataKeyDuty.GENERATE_DATA_KEYS] });
  open.attachTo(fn, { name: 'OPEN_2' });
  const watched = new SigningKey(stack, 'Watched');
  watched.attachTo(fn, { name: 'WATCHED', duties: [SigningDuty.DESCRIBE] });
  signer.attachTo(fn, { name: 'SIGNER', duties: [SigningDuty.SIGN, SigningDuty.READ_PUBLIC_KEY] });
  const issuer = new SigningKey(stack, 'Issuer');
  issuer.attachTo(fn, { name: 'TOKENS', duties: [SigningDuty.ISSUE_TOKENS] });
  sealer.attachTo(fn, { name: 'SEALER', duties: [ClientEncryptionDuty.DECRYPT] });
  const world = new Deployed(app);
  const [{ properties }] = world.deployment.resources('AWS::Lambda::Function');
  const env = (properties.Environment as { Variables: Record<string, string> }).Variables;
  return { world, env, data, open, signer, sealer, watched, issuer, role: fn.role as Role };
}

const scene = deployed();

describe('what a function is told of the keys attached to it', () => {
  test.each<[string, 'data' | 'open' | 'signer' | 'sealer', object]>([
    ['DATA', 'data', { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', encryptionContext: { Project: 'Quote "s"', stage: 'App-eu' }, contextKeys: ['team', 'tenant'] }],
    ['OPEN_2', 'open', { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' }],
    ['SIGNER', 'signer', { spec: 'RSA_3072', usage: 'SIGN_VERIFY', algorithm: 'RSASSA_PSS_SHA_512' }],
    ['SEALER', 'sealer', { spec: 'RSA_3072', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_OAEP_SHA_256' }],
  ])('%s', (name, key, facts) => {
    expect(readContract(name, scene.env)).toEqual({ version: 1, keyArn: scene.world.arnOf(scene[key]), ...facts });
  });

  test.each<[string, object]>([
    ['DATA', { kind: 'data key' }],
    ['SIGNER', { kind: 'signing key', algorithm: 'PS512' }],
    ['SEALER', { kind: 'client encryption key' }],
  ])('%s loads as the matching object of the run time', (name, shape) => {
    expect(fromEnvironment(name, { kms: {} as KmsPort, env: scene.env })).toMatchObject(shape);
  });
});

describe('what an attached function may do', () => {
  test.each<[string, 'data' | 'open' | 'signer' | 'sealer' | 'watched' | 'issuer', string, Record<string, string>, string]>([
    ['the duty named', 'data', 'kms:GenerateDataKey', { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }, 'Allowed'],
    ['no other duty', 'data', 'kms:Decrypt', { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }, 'ImplicitlyDenied'],
    ['nothing, if no duty is named', 'open', 'kms:GenerateDataKey', { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }, 'ImplicitlyDenied'],
    ['sign', 'signer', 'kms:Sign', { SigningAlgorithm: 'RSASSA_PSS_SHA_512', MessageType: 'DIGEST' }, 'Allowed'],
    ['read the public key', 'signer', 'kms:GetPublicKey', {}, 'Allowed'],
    ['not verify', 'signer', 'kms:Verify', { SigningAlgorithm: 'RSASSA_PSS_SHA_512', MessageType: 'DIGEST' }, 'ImplicitlyDenied'],
    ['ask for the state', 'watched', 'kms:DescribeKey', {}, 'Allowed'],
    ['read the public key beside the state', 'watched', 'kms:GetPublicKey', {}, 'Allowed'],
    ['not sign beside the state', 'watched', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' }, 'ImplicitlyDenied'],
    ['not ask for the state, if that is not named', 'signer', 'kms:DescribeKey', {}, 'ImplicitlyDenied'],
    ['sign tokens', 'issuer', 'kms:Sign', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' }, 'Allowed'],
    ['name the key in tokens', 'issuer', 'kms:GetPublicKey', {}, 'Allowed'],
    ['not have tokens verified', 'issuer', 'kms:Verify', { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' }, 'ImplicitlyDenied'],
    ['open', 'sealer', 'kms:Decrypt', { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }, 'Allowed'],
  ])('%s', (_, key, action, parameters, outcome) => {
    const call = { parameters, context: key === 'data' ? { Project: 'Quote "s"', stage: 'App-eu', team: 'blue', tenant: 't1' } : undefined, tags: { team: 'blue' } };
    expect(scene.world.outcome(scene.role, action, scene[key], call)).toBe(outcome);
  });
});

describe('names of attached keys', () => {
  const stack = () => new Stack(new App(), 'App', { env: HERE });

  test.each(['invoices', '1ST', 'INVOICES-2', '', 'A'.repeat(65), '_A'])("'%s' is refused", (name) => {
    const scope = stack();
    expect(() => new SymmetricDataKey(scope, 'Data').attachTo(functionIn(scope), { name }))
      .toThrow(`attachTo('App/Function') of 'App/Data': '${name}' is no name for an attached key: use up to 64 capital letters, digits and '_', a letter first, like 'INVOICES'`);
  });

  test.each(['A', 'A'.repeat(64), 'A_1'])("'%s' is taken", (name) => {
    const scope = stack();
    expect(() => new SymmetricDataKey(scope, 'Data').attachTo(functionIn(scope), { name })).not.toThrow();
  });

  test('stand for one key on one function', () => {
    const scope = stack();
    const [one, other, fn] = [new SymmetricDataKey(scope, 'One'), new SigningKey(scope, 'Other'), functionIn(scope)];
    one.attachTo(fn, { name: 'KEY' });
    expect(() => other.attachTo(fn, { name: 'KEY' })).toThrow("attachTo('App/Function') of 'App/Other': 'App/One' is attached as 'KEY' already: choose another name, or attach once with all duties");
    expect(() => other.attachTo(fn, { name: 'OTHER' })).not.toThrow();
    expect(() => other.attachTo(functionIn(scope, 'Second'), { name: 'KEY' })).not.toThrow();
  });
});
