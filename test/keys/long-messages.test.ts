import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SigningAlgorithm, SigningDuty, SigningKey, type SigningKeyProps } from '../../src';
import { createJwtSigner, createVerifier, signingKeyFromEnvironment, type Environment } from '../../src/runtime';
import { startLocalKms, type LocalKms } from '../../src/testing';
import { Deployed, HERE } from '../support/deployed';

/** ML-DSA keys that sign messages of any length, by their mu. */

const { ML_DSA_44, ES256 } = SigningAlgorithm;
const LONG: SigningKeyProps = { algorithm: ML_DSA_44, longMessages: true };

function deployed(props: SigningKeyProps, duties = [SigningDuty.SIGN]) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const role = new Role(stack, 'Role', { roleName: 'signer', assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const fn = new Function(stack, 'Signer', { role, runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = () => {}') });
  const key = new SigningKey(stack, 'Files', props);
  key.attachTo(fn, { name: 'FILES', duties });
  const world = new Deployed(app);
  const [{ properties }] = world.deployment.resources('AWS::Lambda::Function');
  return { world, role, key, directory: app.synth().directory, env: (properties.Environment as { Variables: Record<string, string> }).Variables };
}

describe('who may sign what', () => {
  const types = (props: SigningKeyProps, generation = 'initial') => {
    const { world, role, key } = deployed(props);
    return ['RAW', 'EXTERNAL_MU', 'DIGEST'].filter((MessageType) =>
      world.outcome(role, 'kms:Sign', key.generation(generation), { parameters: { MessageType, SigningAlgorithm: 'ML_DSA_SHAKE_256' } }) === 'Allowed');
  };

  test.each<[string, SigningKeyProps, string[]]>([
    ['messages alone, as ever', { algorithm: ML_DSA_44 }, ['RAW']],
    ['mu beside them, so that who sends messages goes on', LONG, ['RAW', 'EXTERNAL_MU']],
  ])('%s', (_, props, expected) => expect(types(props)).toEqual(expected));

  test('of generations, those for ML-DSA', () => {
    const { world, role, key } = deployed({ longMessages: true, generations: [{ name: 'initial' }, { name: '2027', algorithm: ML_DSA_44 }], active: 'initial' });
    const outcome = (MessageType: string) => world.outcome(role, 'kms:Sign', key, { parameters: { MessageType, SigningAlgorithm: 'ECDSA_SHA_256' } });
    expect([outcome('DIGEST'), outcome('EXTERNAL_MU')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('whoever signs may read the public key, of which a mu is made', () => {
    const reads = (props: SigningKeyProps) => {
      const { world, role, key } = deployed(props);
      return world.outcome(role, 'kms:GetPublicKey', key);
    };
    expect([reads(LONG), reads({ algorithm: ML_DSA_44 })]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});

describe('what a function is told', () => {
  const told = (props: SigningKeyProps) => JSON.parse(deployed(props).env.KEYSMITH_FILES) as { version: number; longMessages?: boolean; generations?: { name: string }[] };

  test('in version 2, of one generation too', () => {
    expect(told(LONG)).toMatchObject({ version: 2, longMessages: true, generations: [{ name: 'initial' }] });
    expect(told({ ...LONG, generations: [{ name: '2027' }] })).toMatchObject({ version: 2, longMessages: true, generations: [{ name: '2027' }] });
    expect(told({ ...LONG, generations: [{ name: 'initial' }, { name: '2027' }] }).generations).toHaveLength(2);
    expect(told({ algorithm: ML_DSA_44 })).toEqual(expect.not.objectContaining({ longMessages: expect.anything() }));
  });

  test('a run time refuses it of keys that sign no mu, and as anything but true', () => {
    const { env } = deployed(LONG);
    const contract = JSON.parse(env.KEYSMITH_FILES) as object;
    const envWith = (more: object) => ({ KEYSMITH_FILES: JSON.stringify({ ...contract, ...more }) });
    const read = (more: object) => () => signingKeyFromEnvironment('FILES', { kms: {} as never, env: envWith(more) });
    expect(read({})).not.toThrow();
    expect(read({ longMessages: false })).toThrow('KEYSMITH_FILES has longMessages false, which is true, and of keys for ML-DSA');
    expect(read({ spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256' })).toThrow('KEYSMITH_FILES has longMessages true, which is true, and of keys for ML-DSA');
    expect(read({ version: 1, generations: undefined })).toThrow("has 'longMessages', which this run time does not know");
  });
});

test.each<[string, SigningKeyProps]>([
  ['ES256', { longMessages: true }],
  ['no generation for it', { longMessages: true, generations: [{ name: 'initial' }, { name: 'a', algorithm: SigningAlgorithm.EDDSA }] }],
])('refused of a key for %s', (_, props) => {
  expect(() => deployed(props)).toThrow(`Shop/Files: longMessages is about ML-DSA, and the key signs with ${ES256}: leave it out`);
});

describe('signing', () => {
  const locals: LocalKms[] = [];
  afterAll(async () => Promise.all(locals.map(async (local) => local.stop())));
  const attached = async (props: SigningKeyProps) => {
    const { directory } = deployed(props);
    const local = await startLocalKms({ assembly: directory });
    locals.push(local);
    const [{ properties }] = local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function'));
    return signingKeyFromEnvironment('FILES', { kms: local.port('signer'), env: (properties.Environment as { Variables: Environment }).Variables });
  };
  const file = Buffer.alloc(10_000, 'release');

  test('a file of any length, which verifies with the public key alone', async () => {
    const key = await attached(LONG);
    const [signature, { spki }] = [await key.sign(file), await key.publicKey()];
    const verifier = createVerifier({ publicKey: spki, algorithm: 'ML-DSA-44' });
    expect([await verifier.verify(file, signature), await verifier.verify(file.subarray(1), signature)]).toEqual([true, false]);
  });

  test('and tokens, which are short', async () => {
    expect(await createJwtSigner({ ...await attached(LONG), lifetimeSeconds: 60 }).sign({})).toMatch(/^ey/);
  });

  test('without it, a long file is refused before any call', async () => {
    await expect((await attached({ algorithm: ML_DSA_44 })).sign(file)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });
});
