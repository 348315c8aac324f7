import { Duration, Stack } from 'aws-cdk-lib';
import { JwksEndpoint, JwksHosting, SigningAlgorithm, SigningKey } from '../../src';
import { customResource, type CustomResourceEvent } from '../../src/handlers/custom-resource';
import { createJwksPublisher } from '../../src/handlers/jwks-publisher';
import { createPublicKeyHandler } from '../../src/handlers/public-key';
import { publicKeyToPem, readPublicKey, type KmsPort } from '../../src/runtime';
import { Served } from '../signing/support/served';

const EVENT: CustomResourceEvent = {
  RequestType: 'Create', ResponseURL: 'https://cloudformation.example/answer', StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Jwk', ResourceProperties: {},
};

/** CloudFormation and the clock, as the handlers see them. */
function surroundings() {
  const answers: any[] = [];
  const waits: number[] = [];
  const fetch = (async (_: string, { method, body, headers }: { method: string; body: Buffer; headers?: object }) => {
    answers.push({ ...JSON.parse(body.toString()), method, headers });
    return new Response();
  }) as unknown as typeof globalThis.fetch;
  return { answers, waits, given: { fetch, sleep: async (milliseconds: number) => { waits.push(milliseconds); } } };
}

let served: Served;
const MADE: Record<string, SigningAlgorithm> = { ec: SigningAlgorithm.ES256, dsa: SigningAlgorithm.ML_DSA_65, ph: SigningAlgorithm.ED25519PH };
beforeAll(async () => {
  served = await Served.start((stack: Stack) => {
    for (const [id, algorithm] of Object.entries(MADE)) {
      const key = new SigningKey(stack, id, { algorithm });
      stack.exportValue(key.publicKeyPem);
      stack.exportValue(key.jwk);
    }
    const keys = [new SigningKey(stack, 'One'), new SigningKey(stack, 'Two')];
    new JwksEndpoint(stack, 'Jwks', { keys, hosting: JwksHosting.cloudFront(), cacheAge: Duration.minutes(2), issuer: 'https://shop.example' });
  });
});
afterAll(() => served.local.stop());
beforeEach(() => { jest.spyOn(console, 'log').mockImplementation(() => {}); });
afterEach(() => {
  served.local.faults.clear();
  jest.restoreAllMocks();
});

describe('what CloudFormation is answered', () => {
  test('which request it is, what the resource is, and what was found', async () => {
    const { answers, given } = surroundings();
    await customResource(async () => ({ physicalId: 'id', data: { Value: 'x' } }), given)(EVENT);
    expect(answers).toEqual([{ Status: 'SUCCESS', PhysicalResourceId: 'id', Data: { Value: 'x' }, StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Jwk', method: 'PUT', headers: undefined }]);
  });

  test.each<[string, () => Promise<never>, string]>([
    ['an error, with its reason', async () => { throw new Error('why'); }, 'why'],
    ['no more than it takes', async () => ({ physicalId: 'id', data: { Value: 'x'.repeat(4096) } }) as never, 'the answer has 42'],
  ])('%s', async (_, serve, reason) => {
    const { answers, given } = surroundings();
    await customResource(serve, given)(EVENT);
    expect(answers).toMatchObject([{ Status: 'FAILED', Reason: expect.stringContaining(reason) }]);
  });

  test('an update that failed leaves the resource what it is', async () => {
    const { answers, given } = surroundings();
    await customResource(async () => { throw new Error('why'); }, given)({ ...EVENT, RequestType: 'Update', PhysicalResourceId: 'old' });
    expect(answers).toMatchObject([{ Status: 'FAILED', PhysicalResourceId: 'old' }]);
  });

  test('an answer that is not taken is an error of the function', async () => {
    const fetch = (async () => new Response('', { status: 403 })) as unknown as typeof globalThis.fetch;
    await expect(customResource(async () => ({ physicalId: 'id' }), { fetch })(EVENT)).rejects.toThrow('CloudFormation took no answer: 403');
  });
});

const READER = 'Shop/KeysmithPublicKeyReader';

/** The custom resource that reads a key in a form, as the template has it. */
function resourceOf(key: string, id: string): Record<string, unknown> {
  const found = served.local.deployments.flatMap((deployment) => deployment.resources('Custom::KeysmithPublicKey')).find(({ path }) => path === `Shop/${key}/${id}/Default`);
  return found!.properties;
}

describe('publicKeyPem and jwk', () => {
  test.each(Object.entries(MADE))('%s: both are the key that KMS has, within what CloudFormation takes', async (key, algorithm) => {
    const kms = served.portOf(READER);
    const { answers, given } = surroundings();
    const handle = createPublicKeyHandler({ kms, ...given });
    const StackId = `arn:aws:cloudformation:ap-southeast-1:111122223333:stack/${'s'.repeat(128)}/01234567-0123-0123-0123-0123456789ab`;
    for (const id of ['PublicKeyPem', 'Jwk']) await handle({ ...EVENT, StackId, LogicalResourceId: 'l'.repeat(255), ResourceProperties: resourceOf(key, id) });
    expect(answers.map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS']);
    const [pem, jwk] = answers.map(({ Data }) => Data.Value as string);
    const { PublicKey } = await kms.getPublicKey({ KeyId: resourceOf(key, 'Jwk').KeyArn as string });
    expect(pem).toBe(publicKeyToPem(PublicKey!));
    expect(readPublicKey(JSON.parse(jwk))).toEqual(readPublicKey(PublicKey!));
    expect(JSON.parse(jwk).alg).toBe(algorithm === SigningAlgorithm.ED25519PH ? undefined : algorithm);
  });

  test('a key policy that is new is waited for, and another error is not', async () => {
    const { answers, waits, given } = surroundings();
    const handle = createPublicKeyHandler({ kms: served.portOf(READER), ...given });
    served.local.faults.error('AccessDeniedException', 'not yet', 2);
    await handle({ ...EVENT, ResourceProperties: resourceOf('ec', 'Jwk') });
    expect([answers[0].Status, waits]).toEqual(['SUCCESS', [1000, 2000]]);
    served.local.faults.error('DisabledException', 'disabled', 1);
    await handle({ ...EVENT, ResourceProperties: resourceOf('ec', 'Jwk') });
    served.local.faults.error('AccessDeniedException', 'never', 9);
    await handle({ ...EVENT, ResourceProperties: resourceOf('ec', 'Jwk') });
    expect([answers[1].Status, answers[2].Status, waits.slice(2)]).toEqual(['FAILED', 'FAILED', [1000, 2000, 4000, 8000, 16_000]]);
  });

  test('for deletion KMS is not asked', async () => {
    const { answers, given } = surroundings();
    await createPublicKeyHandler({ kms: {} as KmsPort, ...given })({ ...EVENT, RequestType: 'Delete', PhysicalResourceId: 'old' });
    expect(answers).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId: 'old' }]);
  });

  test('of its role, everything but GetPublicKey is refused', async () => {
    const kms = served.portOf(READER);
    const KeyId = resourceOf('ec', 'Jwk').KeyArn as string;
    await expect(kms.describeKey({ KeyId })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(kms.sign({ KeyId, Message: Buffer.alloc(32), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' })).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('keys in a bucket', () => {
  const PUBLISHER = 'Shop/Jwks/Publisher';

  function bucket(...had: string[]) {
    const files = new Map<string, { body: string; cacheControl: string }>(had.map((path) => [path, { body: '', cacheControl: '' }]));
    const order: string[] = [];
    const folder = {
      put: async ({ path, body }: { path: string; body: string }, cacheControl: string) => {
        order.push(`put ${path.split('/')[1]}`);
        files.set(path, { body, cacheControl });
      },
      list: async () => [...files.keys()],
      delete: async (path: string) => {
        order.push(`delete ${path}`);
        files.delete(path);
      },
    };
    return { files, folder, order };
  }

  test('are written with the age of caches, PEMs before the set that names them; what is published no longer goes, last of all', async () => {
    const { answers, given } = surroundings();
    const { files, folder, order } = bucket('/keys/old.pem');
    const handle = createJwksPublisher({ kms: served.portOf(PUBLISHER), env: served.environmentOf(PUBLISHER), folder, ...given });
    await handle(EVENT);
    expect(answers).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId: 'stack/Jwk' }]);
    const { keys } = JSON.parse(files.get('/.well-known/jwks.json')!.body) as { keys: { kid: string }[] };
    expect([...files.keys()].sort()).toEqual(['/.well-known/jwks.json', '/.well-known/openid-configuration', ...keys.map(({ kid }) => `/keys/${kid}.pem`)].sort());
    expect(new Set([...files.values()].map(({ cacheControl }) => cacheControl))).toEqual(new Set(['public, max-age=120']));
    expect(order).toEqual(['put keys', 'put keys', 'put .well-known', 'put .well-known', 'delete /keys/old.pem']);
    // The same resource, so that CloudFormation deletes nothing.
    await handle({ ...EVENT, RequestType: 'Update', PhysicalResourceId: 'stack/Jwk' });
    expect(answers[1].PhysicalResourceId).toBe('stack/Jwk');
  });

  test('go with the stack, so that the bucket can', async () => {
    const { given } = surroundings();
    const { files, folder } = bucket('/.well-known/jwks.json', '/keys/old.pem');
    await createJwksPublisher({ kms: {} as KmsPort, env: {}, folder, ...given })({ ...EVENT, RequestType: 'Delete', PhysicalResourceId: 'id' });
    expect(files.size).toBe(0);
  });
});
