import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OBJECT, SHOP } from './support/template';
import { TRANSPORTS, destroyClients } from './support/transports';
import { startLocalKms } from '../../src/testing';
import type { LocalKms, LocalRequest } from '../../src/testing';
import { RequestLog } from '../../src/testing/requests';

/** Mebibytes in use, after garbage was collected. */
function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed / (1024 * 1024);
}

const DENIED = { name: 'AccessDeniedException' };

describe.each(TRANSPORTS)('requests %s', (name, transport) => {
  let local: LocalKms;

  beforeAll(async () => {
    local = await startLocalKms({ template: SHOP });
  });

  beforeEach(() => local.requests.clear());

  afterAll(async () => {
    destroyClients();
    await local.stop();
  });

  test('an allowed one is there with who, what, through what and by which statement', async () => {
    await transport(local, 'Deployer')('GetKeyPolicy', { KeyId: local.keyArn('Key') });
    expect(local.requests.all).toEqual([expect.objectContaining({
      principal: 'arn:aws:sts::111122223333:assumed-role/Deployer/local',
      account: '111122223333',
      region: 'us-east-1',
      operation: 'GetKeyPolicy',
      keyArn: local.keyArn('Key'),
      transport: name === 'in process' ? 'in process' : 'http',
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      decision: expect.objectContaining({ allowed: true, decidedBy: [expect.objectContaining({ statement: 'DeployerOwnsThePolicy' })] }),
    })]);
    expect(local.requests.denied()).toEqual([]);
  });

  test('a denied one says so, and what came nearest', async () => {
    const encrypt = transport(local, 'Writer')('GenerateDataKey', { KeyId: 'alias/shop', KeySpec: 'AES_256', EncryptionContext: { tenant: 'a' } });
    await expect(encrypt).rejects.toMatchObject(DENIED);
    const [denied] = local.requests.denied();
    expect(denied).toMatchObject({ error: 'AccessDeniedException', encryptionContext: { tenant: 'a' }, decision: { allowed: false } });
    expect(local.requests.summary()).toEqual([{
      who: 'Writer',
      via: '',
      operation: 'GenerateDataKey',
      key: 'Shop/Key',
      context: 'tenant=a',
      outcome: 'AccessDeniedException',
      decidedBy: expect.stringMatching(/^no statement allows it; nearest: key policy WriterWritesObjects: .*kms:ViaService/),
    }]);
    const [what, outcome, reason, ...nearest] = local.requests.explain(denied).split('\n');
    expect(what).toBe('Writer called GenerateDataKey on Shop/Key with tenant=a');
    expect(outcome).toMatch(/^ {2}AccessDeniedException: /);
    expect(reason).toMatch(/^ {2}kms:GenerateDataKey: .*neither the key policy nor a grant allows it$/);
    expect(nearest).toEqual([expect.stringMatching(/^ {4}nearest: key policy WriterWritesObjects: .*kms:ViaService/)]);
  });

  test('what KMS refused before it asked anybody has no decision', async () => {
    await expect(transport(local, 'Writer')('Encrypt', { KeyId: 'alias/nobody', Plaintext: Buffer.from('x') })).rejects.toMatchObject({ name: 'NotFoundException' });
    expect(local.requests.last).toMatchObject({ operation: 'Encrypt', error: 'NotFoundException', authorizations: [] });
    expect(local.requests.summary()[0]).toMatchObject({ outcome: 'NotFoundException', key: '', decidedBy: '' });
  });

  test('no plaintext, ciphertext or key is in them', async () => {
    const secret = Buffer.from('4111 1111 1111 1111');
    const call = transport(local, 'Deployer');
    const { CiphertextBlob } = await call('Encrypt', { KeyId: local.keyArn('OtherKey'), Plaintext: secret });
    await call('Decrypt', { CiphertextBlob });
    expect(local.requests).toHaveLength(2);
    const text = JSON.stringify(local.requests.all);
    for (const part of [secret.toString(), secret.toString('base64'), Buffer.from(CiphertextBlob).toString('base64')]) expect(text).not.toContain(part);
  });

  test('ReEncrypt asks twice', async () => {
    const call = transport(local, 'Deployer');
    const { CiphertextBlob } = await call('Encrypt', { KeyId: local.keyArn('OtherKey'), Plaintext: Buffer.from('x') });
    await expect(call('ReEncrypt', { CiphertextBlob, DestinationKeyId: local.keyArn('Key') })).rejects.toMatchObject(DENIED);
    expect(local.requests.last!.authorizations.map(({ action, decision }) => [action, decision.allowed])).toEqual([
      ['kms:ReEncryptFrom', true], ['kms:ReEncryptTo', false],
    ]);
  });
});

test('refused requests of a mebibyte each do not stay in memory', async () => {
  const local = await startLocalKms({ keys: [{ aliases: ['alias/data'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const port = local.port('App');
  const long = (index: number) => Buffer.alloc(1024 * 1024, 'x').fill(`${index} `, 0, 8).toString();
  const before = heapMiB();
  for (let index = 0; index < 60; index++) {
    await expect(port.call('DescribeKey', { KeyId: long(index) })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(port.call('DescribeKey', { KeyId: `arn:aws:kms:${long(index)}` })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(port.call(`Describe${long(index)}`)).rejects.toMatchObject({ name: 'UnknownOperationException' });
    await port.call('Encrypt', { KeyId: 'alias/data', Plaintext: Buffer.from('x'), EncryptionContext: { tenant: long(index) } });
  }
  expect(local.requests).toHaveLength(240);
  expect(heapMiB() - before).toBeLessThan(20);
  await local.stop();
});

test('a request through a service names the service', async () => {
  const local = await startLocalKms({ template: SHOP });
  await local.via('s3', 'Writer', { resource: OBJECT }).putObject();
  expect(local.requests.summary()).toEqual([{
    who: 'Writer',
    via: 's3',
    operation: 'GenerateDataKey',
    key: 'Shop/Key',
    context: `aws:s3:arn=${OBJECT}`,
    outcome: 'ok',
    decidedBy: 'key policy WriterWritesObjects',
  }]);
  expect(local.requests.explain(local.requests.last!)).toMatch(/^Writer called GenerateDataKey on Shop\/Key through s3 with aws:s3:arn=.*\n {2}ok\n {2}kms:GenerateDataKey: /);
  await local.stop();
});

describe('a log', () => {
  const request = (more: Partial<LocalRequest> = {}): LocalRequest => ({
    at: new Date(0),
    principal: 'arn:aws:iam::111122223333:user/team/alice',
    account: '111122223333',
    region: 'us-east-1',
    operation: 'ListKeys',
    authorizations: [],
    requestId: 'r',
    transport: 'http',
    ...more,
  });
  const logOf = (...requests: LocalRequest[]) => {
    const log = new RequestLog((arn) => arn);
    requests.forEach((one) => log.add(one));
    return log;
  };
  const by = (kind: 'grant' | 'key policy', statement: string, effect: 'Allow' | 'Deny') => ({ kind, policy: 'p', statement, effect } as const);
  const decided = (...decidedBy: ReturnType<typeof by>[]) => ({
    decision: { outcome: 'Allowed', allowed: true, decidedBy, reason: '', nearMisses: [] } as LocalRequest['decision'],
  });

  test.each<[string, Partial<LocalRequest>, object]>([
    ['a user by name', {}, { who: 'alice' }],
    ['a service as it is', { principal: 'logs.us-east-1.amazonaws.com' }, { who: 'logs.us-east-1.amazonaws.com' }],
    ['the account root', { principal: 'arn:aws:iam::111122223333:root' }, { who: 'root' }],
    ['a scripted fault', { error: 'ThrottlingException', fault: 'ThrottlingException' }, { outcome: 'ThrottlingException (scripted: ThrottlingException)' }],
    ['all statements that had to agree', decided(by('key policy', 'A', 'Allow'), by('key policy', 'B', 'Allow')), { decidedBy: 'key policy A + key policy B' }],
    ['a grant by its id', decided(by('grant', 'g', 'Allow')), { decidedBy: 'grant p' }],
    ['a deny as one', decided(by('key policy', 'D', 'Deny')), { decidedBy: 'key policy D (deny)' }],
    ['a context pair by pair', { encryptionContext: { a: '1', b: '2' } }, { context: 'a=1, b=2' }],
  ])('shows %s', (_, more, expected) => {
    expect(logOf(request(more)).summary()[0]).toMatchObject(expected);
  });

  test('cuts long texts, wherever they stand, and says how long they were', () => {
    const long = `${'\ud800x'.repeat(2000)}`;
    const log = logOf(request({ errorMessage: long, encryptionContext: { [long]: 'a', tenant: long }, operation: long }));
    const cut = `${long.slice(0, 2048)}… (4000 characters)`;
    expect(log.last).toEqual(request({ errorMessage: cut, encryptionContext: { [cut]: 'a', tenant: cut }, operation: cut }));
    const fits = 'x'.repeat(2048);
    expect(logOf(request({ errorMessage: fits })).last!.errorMessage).toBe(fits);
  });

  test('shows what was, not what becomes of it', () => {
    const encryptionContext = { tenant: 'a' };
    const log = logOf(request({ encryptionContext }));
    encryptionContext.tenant = 'b';
    expect(log.last!.encryptionContext).toEqual({ tenant: 'a' });
  });

  test('of requests with much in them keeps the latest, as many as fit', () => {
    const log = new RequestLog((arn) => arn);
    const context = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, 'x'.repeat(1000)]));
    for (let index = 0; index < 100; index++) log.add(request({ requestId: String(index), encryptionContext: context }));
    expect(log.last!.requestId).toBe('99');
    expect(log.length).toBeGreaterThan(10);
    expect(log.length).toBeLessThanOrEqual(33);
    expect(log.all[0].requestId).toBe(String(100 - log.length));
    log.clear();
    log.add(request({ requestId: 'after' }));
    expect(log.all.map(({ requestId }) => requestId)).toEqual(['after']);
  });

  const MISSES = [
    { statement: by('key policy', 'A', 'Allow'), because: 'x wants 1, the request has none' },
    { statement: by('grant', 'g', 'Allow'), because: 'y wants 2, the request has none' },
  ];
  const answered = (decision: Partial<LocalRequest['authorizations'][number]['decision']>): Partial<LocalRequest> => ({
    authorizations: [{ action: 'kms:Decrypt', decision: { outcome: 'ImplicitlyDenied', allowed: false, decidedBy: [], reason: 'because', nearMisses: MISSES, ...decision } }],
  });

  test.each<[string, Partial<LocalRequest>, string[]]>([
    ['a denial that nobody pronounced, by all that came near', answered({}), ['key policy A: x wants 1, the request has none', 'grant p: y wants 2, the request has none']],
    ['one that nothing came near, by its reason alone', answered({ nearMisses: [] }), []],
    ['a deny, by its reason alone', answered({ outcome: 'ExplicitlyDenied', decidedBy: [by('key policy', 'D', 'Deny')] }), []],
    ['what was allowed, by its reason alone', answered({ outcome: 'Allowed', allowed: true, decidedBy: [by('key policy', 'A', 'Allow')] }), []],
  ])('explains %s', (_, more, nearest) => {
    const log = logOf(request(more));
    expect(log.explain(log.last!).split('\n').slice(2)).toEqual(['  kms:Decrypt: because', ...nearest.map((miss) => `    nearest: ${miss}`)]);
  });

  test('keeps the latest ten thousand, and no more than twice that', () => {
    const log = new RequestLog((arn) => arn);
    for (let index = 0; index < 50_000; index++) log.add(request({ requestId: String(index) }));
    expect(log.last!.requestId).toBe('49999');
    expect(log.length).toBeGreaterThanOrEqual(10_000);
    expect(log.length).toBeLessThanOrEqual(20_000);
    expect(log.all[0].requestId).toBe(String(50_000 - log.length));
  });
});

describe('onRequest', () => {
  test('is told of each request when it has ended, with the decision', async () => {
    const told: LocalRequest[] = [];
    const local = await startLocalKms({ template: SHOP, onRequest: (request) => told.push(request) });
    await local.port('Deployer').call('GetKeyPolicy', { KeyId: local.keyArn('Key') });
    await local.port('Writer').call('Decrypt', { KeyId: local.keyArn('Key'), CiphertextBlob: Buffer.from('x') }).catch(() => undefined);
    expect(told).toEqual(local.requests.all);
    expect(told.map(({ operation, error }) => [operation, error])).toEqual([['GetKeyPolicy', undefined], ['Decrypt', expect.any(String)]]);
    expect(local.requests.summaryOf(told[0])).toEqual(local.requests.summary()[0]);
    await local.stop();
  });

  test('may throw: the caller of KMS has no part in it', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const local = await startLocalKms({ template: SHOP, onRequest: () => { throw new Error('no room in the log'); } });
    await expect(local.port('Deployer').call('GetKeyPolicy', { KeyId: local.keyArn('Key') })).resolves.toHaveProperty('Policy');
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('no room in the log'));
    warn.mockRestore();
    await local.stop();
  });
});
