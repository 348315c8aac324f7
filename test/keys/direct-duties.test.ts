import { App, Stack } from 'aws-cdk-lib';
import { PrincipalWithConditions, ServicePrincipal, type Conditions, type Grant, type Role } from 'aws-cdk-lib/aws-iam';
import { Stream, StreamEncryption } from 'aws-cdk-lib/aws-kinesis';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { IConstruct } from 'constructs';
import { AccountAccess, ClientEncryptionKey, DataKeyDuty, SigningKey, SymmetricDataKey, type SymmetricDataKeyProps } from '../../src';
import { functionIn } from '../services/support/resources';
import { almightyRoleIn, Deployed, HERE, roleIn, type Call } from '../support/deployed';

const { ADMINISTRATION_ONLY, DELEGATE_TO_IAM, NONE } = AccountAccess;
const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
const CONTRACT = { encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] };
const KEPT = { Project: 'Orders', tenant: 't1' };
const SERVICES = ['s3', 'secretsmanager', 'dynamodb', 'lambda', 'ssm', 'sqs', 'kinesis', 'ebs'];

/** An app with one key in it, and what its roles may do. */
function world<T extends object>(props: SymmetricDataKeyProps, build: (stack: Stack, key: SymmetricDataKey) => T) {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders', ...props });
  const built = build(stack, key);
  const deployed = new Deployed(app);
  const allows = (who: IConstruct | string, action: string, call: Call = {}) =>
    deployed.decide(who, action, key, { parameters: AES, ...call }).allowed;
  /** The services through which the action is allowed: `directly` is none. */
  const ways = (who: IConstruct | string, action: string, call: Call = {}) =>
    [undefined, ...SERVICES].filter((via) => allows(who, action, { ...call, via })).map((via) => via ?? 'directly');
  return { ...built, deployed, key, allows, ways };
}

type Give = (key: SymmetricDataKey, role: Role) => unknown;
const GRANTS: Readonly<Record<string, readonly [Give, string]>> = {
  'grants.encrypt': [(key, role) => key.grants.encrypt(role), 'kms:Encrypt'],
  'grants.decrypt': [(key, role) => key.grants.decrypt(role), 'kms:Decrypt'],
  'grants.generateDataKeys': [(key, role) => key.grants.generateDataKeys(role), 'kms:GenerateDataKey'],
  'grants.generateDataKeyPairs': [(key, role) => key.grants.generateDataKeyPairs(role), 'kms:GenerateDataKeyPair'],
  'grants.reEncryptTo': [(key, role) => key.grants.reEncryptTo(role), 'kms:ReEncryptTo'],
  'grants.reEncryptFrom': [(key, role) => key.grants.reEncryptFrom(role), 'kms:ReEncryptFrom'],
};
const CONSTRUCT_GRANTS: Readonly<Record<string, readonly [Give, string]>> = {
  grantEncrypt: [(key, role) => key.grantEncrypt(role), 'kms:Encrypt'],
  grantDecrypt: [(key, role) => key.grantDecrypt(role), 'kms:Decrypt'],
  grantEncryptDecrypt: [(key, role) => key.grantEncryptDecrypt(role), 'kms:GenerateDataKey'],
  grant: [(key, role) => key.grant(role, 'kms:Decrypt'), 'kms:Decrypt'],
};
const table = (grants: typeof GRANTS) => Object.entries(grants).map(([name, [give, action]]) => [name, action, give] as const);

describe.each([ADMINISTRATION_ONLY, NONE])('a duty under %s', (accountAccess) => {
  const grantee = (give: Give, props: SymmetricDataKeyProps = {}) => world({ accountAccess, ...props }, (stack, key) => {
    const role = roleIn(stack, 'Role');
    give(key, role);
    return { role };
  });

  test.each(table({ ...GRANTS, ...CONSTRUCT_GRANTS }))('by %s holds for direct calls of %s, and through no service', (_, action, give) => {
    const { role, ways } = grantee(give);
    expect(ways(role, action)).toEqual(['directly']);
  });

  test.each(table({ ...GRANTS, ...CONSTRUCT_GRANTS }))('by %s on a key with a contract holds for direct calls of %s under it', (_, action, give) => {
    const { role, ways } = grantee(give, CONTRACT);
    expect([ways(role, action, { context: KEPT }), ways(role, action)]).toEqual([['directly'], []]);
  });

  test('by attachTo holds for direct calls of the function, and through no service', () => {
    const { fn, ways } = world({ accountAccess }, (stack, key) => {
      const attached = functionIn(stack, 'Function');
      key.attachTo(attached, { name: 'ORDERS', duties: [DataKeyDuty.DECRYPT] });
      return { fn: attached };
    });
    expect([ways(fn.role!, 'kms:Decrypt'), ways(fn.role!, 'kms:Encrypt')]).toEqual([['directly'], []]);
  });

  test('holds for whatever IAM policies allow besides: they add nothing through services', () => {
    const { role, ways } = world({ accountAccess }, (stack, key) => {
      const almighty = almightyRoleIn(stack, 'Role');
      key.grants.decrypt(almighty);
      return { role: almighty };
    });
    expect(ways(role, 'kms:Decrypt')).toEqual(['directly']);
  });

  test.each<[string, (stack: Stack, role: Role) => { key: IConstruct; action: string; parameters: Record<string, string> }]>([
    ['to sign', (stack, role) => {
      const key = new SigningKey(stack, 'Signer', { accountAccess });
      key.grants.sign(role);
      return { key, action: 'kms:Sign', parameters: { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' } };
    }],
    ['to decrypt what clients encrypted', (stack, role) => {
      const key = new ClientEncryptionKey(stack, 'Sealer', { accountAccess });
      key.grants.decrypt(role);
      return { key, action: 'kms:Decrypt', parameters: { EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' } };
    }],
  ])('%s holds for direct calls', (_, define) => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const role = roleIn(stack, 'Role');
    const { key, action, parameters } = define(stack, role);
    const deployed = new Deployed(app);
    expect([undefined, 's3', 'lambda'].map((via) => deployed.decide(role, action, key, { parameters, via }).allowed)).toEqual([true, false, false]);
  });
});

describe('what constructs of CDK grant on a key whose refusal was overruled', () => {
  const overruled = (give: Give, props: SymmetricDataKeyProps = {}) => world(props, (stack, key) => {
    const role = roleIn(stack, 'Role');
    give(key, role);
    key.overruleRefusal(new Queue(stack, 'Queue'), 'a test');
    return { role };
  });

  test.each(table(CONSTRUCT_GRANTS))('by %s holds for %s through services as well', (_, action, give) => {
    const { role, ways } = overruled(give);
    expect(ways(role, action)).toEqual(['directly', ...SERVICES]);
  });

  test.each(table(GRANTS))('but not by %s for %s', (_, action, give) => {
    const { role, ways } = overruled(give);
    expect(ways(role, action)).toEqual(['directly']);
  });

  test('keeps the contract for direct calls, and leaves services their own contexts', () => {
    const { role, ways } = overruled((key, grantee) => key.grantDecrypt(grantee), CONTRACT);
    expect([ways(role, 'kms:Decrypt', { context: KEPT }), ways(role, 'kms:Decrypt', { context: { 'aws:sqs:arn': 'arn' } })]).toEqual([['directly', ...SERVICES], SERVICES]);
  });

  test('asks for the conditions of the grantee through services too', () => {
    const mfa = { Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
    const { role, allows } = world({}, (stack, key) => {
      const grantee = roleIn(stack, 'Role');
      key.grantDecrypt(new PrincipalWithConditions(grantee, mfa));
      key.overruleRefusal(new Queue(stack, 'Queue'), 'a test');
      return { role: grantee };
    });
    const by = (present: string) => [undefined, 'sqs']
      .map((via) => allows(role, 'kms:Decrypt', { via, conditionKeys: { 'aws:MultiFactorAuthPresent': present } }));
    expect([by('true'), by('false')]).toEqual([[true, true], [false, false]]);
  });
});

describe('where IAM decides and the key has a contract', () => {
  const delegating = (give: (stack: Stack, key: SymmetricDataKey, role: Role) => unknown) =>
    world({ accountAccess: DELEGATE_TO_IAM, ...CONTRACT }, (stack, key) => {
      const role = roleIn(stack, 'Role');
      give(stack, key, role);
      return { role };
    });

  test.each<[string, string, string, Record<string, string>, (stack: Stack, key: SymmetricDataKey, role: Role) => Grant]>([
    ['queue.grantSendMessages', 'sqs', 'kms:GenerateDataKey', { 'aws:sqs:arn': `arn:aws:sqs:${HERE.region}:${HERE.account}:orders` },
      (stack, key, role) => new Queue(stack, 'Queue', { encryption: QueueEncryption.KMS, encryptionMasterKey: key }).grantSendMessages(role)],
    ['queue.grantConsumeMessages', 'sqs', 'kms:Decrypt', { 'aws:sqs:arn': `arn:aws:sqs:${HERE.region}:${HERE.account}:orders` },
      (stack, key, role) => new Queue(stack, 'Queue', { encryption: QueueEncryption.KMS, encryptionMasterKey: key }).grantConsumeMessages(role)],
    ['stream.grantRead', 'kinesis', 'kms:Decrypt', { 'aws:kinesis:arn': `arn:aws:kinesis:${HERE.region}:${HERE.account}:stream/orders` },
      (stack, key, role) => new Stream(stack, 'Stream', { encryption: StreamEncryption.KMS, encryptionKey: key }).grantRead(role)],
    ['stream.grantWrite', 'kinesis', 'kms:GenerateDataKey', { 'aws:kinesis:arn': `arn:aws:kinesis:${HERE.region}:${HERE.account}:stream/orders` },
      (stack, key, role) => new Stream(stack, 'Stream', { encryption: StreamEncryption.KMS, encryptionKey: key }).grantWrite(role)],
    ['parameter.grantRead', 'ssm', 'kms:Decrypt', { PARAMETER_ARN: `arn:aws:ssm:${HERE.region}:${HERE.account}:parameter/orders` },
      (stack, key, role) => StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: '/orders', encryptionKey: key }).grantRead(role)],
  ])('%s works through %s, which calls %s with a context of its own', (_, via, action, context, give) => {
    const { role, allows } = delegating(give);
    expect([
      allows(role, action, { via, context }),
      allows(role, action, { context }),
      allows(role, action, {}),
      allows(role, action, { context: { ...KEPT, more: 'x' } }),
    ]).toEqual([true, false, false, false]);
  });

  test.each(table(GRANTS))('%s gives %s directly and under the contract, by the grantee\'s own policy', (_, action, give) => {
    const { role, ways } = delegating((_stack, key, grantee) => give(key, grantee));
    expect([ways(role, action, { context: KEPT }), ways(role, action)]).toEqual([['directly'], []]);
  });
});

describe('a service that calls as itself', () => {
  const SOURCE = { 'aws:SourceAccount': HERE.account };
  const as = (conditions: Conditions, props: SymmetricDataKeyProps = CONTRACT) =>
    world(props, (_, key) => ({ grant: key.grants.decrypt(new ServicePrincipal('events.amazonaws.com', { conditions })) }));

  test.each<[string, Record<string, string>, Record<string, string> | undefined, boolean]>([
    ['for its source, with a context of its own', SOURCE, { 'aws:events:event-bus:arn': 'arn' }, true],
    ['for its source, without a context', SOURCE, undefined, true],
    ['for its source, under the contract, which is not its own', SOURCE, KEPT, true],
    ['for another source', { 'aws:SourceAccount': '444455556666' }, KEPT, false],
    ['for a source that it does not tell', {}, KEPT, false],
  ])('may do so %s', (_, conditionKeys, context, allowed) => {
    const { allows } = as({ StringEquals: SOURCE });
    expect(allows('events.amazonaws.com', 'kms:Decrypt', { conditionKeys, context })).toBe(allowed);
  });

  test('may not do so in the name of another', () => {
    const { allows } = as({ StringEquals: SOURCE });
    expect(allows('sns.amazonaws.com', 'kms:Decrypt', { conditionKeys: SOURCE })).toBe(false);
  });

  test('may do so where IAM decides, whatever the contract denies others', () => {
    const { allows } = as({ StringEquals: SOURCE }, { accountAccess: DELEGATE_TO_IAM, ...CONTRACT });
    expect(allows('events.amazonaws.com', 'kms:Decrypt', { conditionKeys: SOURCE, context: { 'aws:events:event-bus:arn': 'arn' } })).toBe(true);
  });

  test('is bound to the algorithm, as everybody is', () => {
    const { allows } = as({ StringEquals: SOURCE });
    expect(allows('events.amazonaws.com', 'kms:Encrypt', { conditionKeys: SOURCE })).toBe(false);
  });

  // AWS Lambda reads code where it lies: Lambda calls S3, which calls KMS for Lambda. What Code.fromBucketV2 does in newer versions of aws-cdk-lib.
  describe.each<[string, (key: SymmetricDataKey, service: ServicePrincipal) => Grant]>([
    ['grants.decrypt', (key, service) => key.grants.decrypt(service)],
    ['grantDecrypt', (key, service) => key.grantDecrypt(service)],
  ])('through another service, as Lambda does for code by reference, by %s', (_, give) => {
    const FUNCTION = `arn:aws:lambda:${HERE.region}:${HERE.account}:function:app`;
    const lambda = new ServicePrincipal('lambda.amazonaws.com', {
      conditions: { StringEquals: { ...SOURCE, 'kms:ViaService': `s3.${HERE.region}.amazonaws.com` }, ArnLike: { 'aws:SourceArn': FUNCTION } },
    });
    const { allows } = world(CONTRACT, (_stack, key) => ({ grant: give(key, lambda) }));
    const context = { 'aws:s3:arn': 'arn:aws:s3:::code/app.zip' };
    const source = { ...SOURCE, 'aws:SourceArn': FUNCTION };

    test.each<[string, Call, boolean]>([
      ['for that function, through S3', { via: 's3', context, conditionKeys: source }, true],
      ['for that function, not through S3', { context, conditionKeys: source }, false],
      ['for that function, through another service', { via: 'secretsmanager', context, conditionKeys: source }, false],
      ['for another function', { via: 's3', context, conditionKeys: { ...source, 'aws:SourceArn': `${FUNCTION}2` } }, false],
    ])('%s: %#', (_case, call, allowed) => expect(allows('lambda.amazonaws.com', 'kms:Decrypt', call)).toBe(allowed));
  });
});

describe('a grantee that came bound to a service', () => {
  const bound = (conditions: Conditions, props: SymmetricDataKeyProps = CONTRACT, by = 'grants') =>
    world(props, (stack, key) => {
      const role = roleIn(stack, 'Role');
      const grantee = new PrincipalWithConditions(role, conditions);
      if (by === 'grants') key.grants.decrypt(grantee);
      else key.grantDecrypt(grantee);
      return { role };
    });
  const VIA_S3 = { StringEquals: { 'kms:ViaService': `s3.${HERE.region}.amazonaws.com` } };

  test.each([ADMINISTRATION_ONLY, NONE, DELEGATE_TO_IAM])('has the key through that service, with its context, and not directly, under %s', (accountAccess) => {
    const { role, ways } = bound(VIA_S3, { accountAccess, ...CONTRACT });
    expect([ways(role, 'kms:Decrypt', { context: { 'aws:s3:arn': 'arn' } }), ways(role, 'kms:Decrypt', { context: KEPT })]).toEqual([['s3'], ['s3']]);
  });

  test.each<[string, Conditions]>([
    ['any service there is', { Null: { 'kms:ViaService': 'false' } }],
    ['any service, by a pattern', { StringLike: { 'kms:ViaService': '*.amazonaws.com' } }],
  ])('has it through %s', (_, conditions) => {
    const { role, ways } = bound(conditions);
    expect(ways(role, 'kms:Decrypt')).toEqual(SERVICES);
  });

  test('by CDK\'s own method too', () => {
    const { role, ways } = bound(VIA_S3, CONTRACT, 'CDK');
    expect(ways(role, 'kms:Decrypt')).toEqual(['s3']);
  });

  test('or to none, has it directly', () => {
    const { role, ways } = bound({ Null: { 'kms:ViaService': 'true' } }, {});
    expect(ways(role, 'kms:Decrypt')).toEqual(['directly']);
  });

  test('and asks for what contradicts the key, is refused in words that name both', () => {
    expect(() => bound({ StringEquals: { 'kms:EncryptionContext:Project': 'Invoices' } })).toThrow(
      "'Keys/Role' cannot be granted Decrypt on 'Keys/Key': condition StringEquals kms:EncryptionContext:Project is asked to be \"Orders\" and \"Invoices\" at once: grant the two separately");
  });
});
