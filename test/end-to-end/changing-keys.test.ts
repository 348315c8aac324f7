import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { StackOnLocalKms } from './support/stack-on-local-kms';
import { SigningAlgorithm, SigningDuty, SigningKey, type SigningKeyProps } from '../../src';
import { createJwtSigner, createJwtVerifier, createRemoteJwks, fetchJwks, signingKeyFromEnvironment } from '../../src/runtime';
import type { JwtSigner, JwtVerifier, PublishedJwkSet } from '../../src/runtime';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';

/*
 * A key is changed in three deployments, while tokens are signed and verified all the time: by a function whose environment is that of the last deployment, and by one that
 * was started before it and still runs. Key policies come first in each deployment, functions last.
 */

const ENV = { account: '111122223333', region: 'eu-west-1' };
const ISSUER = 'https://shop.example';
const NEXT = { name: '2027', algorithm: SigningAlgorithm.ES384 };
const PLAIN: SigningKeyProps = {};
const ANNOUNCED: SigningKeyProps = { generations: [{ name: 'initial' }, NEXT] };
const ACTIVATED: SigningKeyProps = { ...ANNOUNCED, active: '2027' };
const RETIRED: SigningKeyProps = { generations: [{ name: 'initial', retired: true }, NEXT], active: '2027' };

const MINUTES = 60_000;
/** How long a token is good, what clocks may differ by, and how long verifiers and caches keep a key set. */
const LIFETIME = 8 * MINUTES;
const TOLERANCE = 2 * MINUTES;
const CACHED = 4 * MINUTES;
const KEPT = 6 * MINUTES;
/** How long an instance that was started before a deployment may go on, and between two rounds of load. */
const OLD = 8 * MINUTES;
const ROUND = 2 * MINUTES;

/** The stack as its author writes it, with the key or before there was one. */
function appWith(props?: SigningKeyProps): App {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: ENV });
  const role = new Role(stack, 'Role', { roleName: 'issuer', assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  if (!props) return app;
  const fn = new Function(stack, 'Issuer', { role, runtime: Runtime.NODEJS_22_X, handler: 'index.handler', code: Code.fromInline('exports.handler = () => {}') });
  new SigningKey(stack, 'Tokens', props).attachTo(fn, { name: 'TOKENS', duties: [SigningDuty.ISSUE_TOKENS] });
  return app;
}

/** Issuer, cache and verifiers, on one clock that only the test moves. */
class Shop {
  public static async open(): Promise<Shop> {
    return new Shop(await startLocalKms({ assembly: appWith().synth().directory }));
  }

  /** Why a signature failed, and why a token in its lifetime was refused. */
  public readonly failures: string[] = [];
  public readonly refusals: string[] = [];
  public signed = 0;
  public kids = new Set<string>();
  public now = Date.UTC(2027, 0, 1);
  public readonly stack: StackOnLocalKms;

  private readonly tokens: { readonly token: string; readonly until: number }[] = [];
  private signers: { readonly signer: JwtSigner; readonly until: number }[] = [];
  private cached?: { readonly set: PublishedJwkSet; readonly at: number };
  private readonly verifiers: JwtVerifier[];

  private constructor(public readonly local: LocalKms) {
    this.stack = new StackOnLocalKms(local.port('deployer'));
    // Verifiers keep a set from different moments on.
    this.verifiers = [1, 2].map(() => this.verifier());
  }

  public verifier(): JwtVerifier {
    const now = () => this.now;
    const answer = async () => new Response(JSON.stringify(await this.published()), { headers: { 'content-type': 'application/json' } });
    const keys = createRemoteJwks({ url: `${ISSUER}/.well-known/jwks.json`, maxAgeMs: KEPT, fetch: answer as typeof fetch, now });
    return createJwtVerifier({ keys, issuer: ISSUER, audience: false, toleranceSeconds: TOLERANCE / 1000, now });
  }

  /** Deploys, with a round of load after each resource. */
  public async deploy(props: SigningKeyProps, reversed = false): Promise<string[]> {
    const order: string[] = [];
    await this.stack.deploy(appWith(props), async (id) => {
      order.push(/Generation2027/.test(id) ? '2027' : id.startsWith('Tokens') ? 'initial' : 'function');
      if (order.at(-1) === 'function') {
        const old = this.signers.map(({ signer, until }) => ({ signer, until: Math.min(until, this.now + OLD) }));
        this.signers = [...old, { signer: this.started(), until: Infinity }];
      }
      await this.load();
    }, reversed);
    return order;
  }

  /** Lets time pass, with a round of load every now and then. */
  public async pass(time: number): Promise<void> {
    for (const end = this.now + time; this.now < end;) {
      this.now += ROUND;
      this.signers = this.signers.filter(({ until }) => until > this.now);
      await this.load();
    }
  }

  /** The key, as a function started now finds it. */
  public get key() {
    const [env] = this.stack.environments.values();
    return signingKeyFromEnvironment('TOKENS', { kms: this.local.port('issuer'), env });
  }

  public started(): JwtSigner {
    return createJwtSigner({ ...this.key, issuer: ISSUER, lifetimeSeconds: LIFETIME / 1000, now: () => this.now });
  }

  /** Whoever runs signs a token, and all tokens in their lifetime are verified by everybody. */
  private async load(): Promise<void> {
    for (const { signer } of this.signers) {
      try {
        const token = await signer.sign({ sub: `c-${++this.signed}` });
        this.tokens.push({ token, until: this.now + LIFETIME });
        this.kids.add((JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()) as { kid: string }).kid);
      } catch (error) {
        this.failures.push((error as Error).message);
      }
    }
    const good = this.tokens.filter(({ until }) => until > this.now);
    for (const verifier of this.verifiers) {
      for (const { token } of good) await verifier.verify(token).catch((error: Error) => this.refusals.push(error.message));
    }
  }

  /** The key set as a cache before it hands it out. */
  private async published(): Promise<PublishedJwkSet> {
    if (!this.cached || this.now - this.cached.at >= CACHED) this.cached = { set: await fetchJwks([this.key]), at: this.now };
    return this.cached.set;
  }
}

let shop: Shop;
beforeEach(async () => {
  shop = await Shop.open();
});
afterEach(() => shop.local.stop());

const outcome = async (promise: Promise<unknown>) => promise.then(() => 'taken', ({ code, name }: { code?: string; name: string }) => code ?? name);

test.each([['as the template has them', false], ['the other way round', true]])('announce, activate, retire: no signature fails, and no token is refused in its lifetime, resources %s', async (_, reversed) => {
  const { stack, local } = shop;
  const arnOf = (name: RegExp) => [...stack.keyArns].find(([id]) => name.test(id))![1];
  const [initial, next] = [/^Tokens[^G]*$/, /Generation2027/];
  const signs = async (name: RegExp, algorithm: string, bytes: number) => outcome(local.port('issuer').call('Sign', {
    KeyId: arnOf(name), Message: Buffer.alloc(bytes, 1), MessageType: 'DIGEST', SigningAlgorithm: algorithm,
  }));
  const both = async () => [await signs(initial, 'ECDSA_SHA_256', 32), await signs(next, 'ECDSA_SHA_384', 48)];

  expect(await shop.deploy(PLAIN, reversed)).toEqual(['initial', 'function']);
  await shop.pass(2 * ROUND);

  expect(await shop.deploy(ANNOUNCED, reversed)).toEqual(['2027', 'function']);
  expect(await both()).toEqual(['taken', 'AccessDeniedException']);
  expect((await fetchJwks([shop.key])).keys.map(({ alg }) => alg).sort()).toEqual(['ES256', 'ES384']);
  await shop.pass(CACHED + KEPT);
  const before = await shop.started().sign({});
  expect(shop.kids.size).toBe(1);

  expect(await shop.deploy(ACTIVATED, reversed)).toEqual(['2027', 'initial', 'function']);
  expect(await both()).toEqual(['AccessDeniedException', 'taken']);
  await shop.pass(LIFETIME + TOLERANCE);
  expect(shop.kids.size).toBe(2);

  expect(await shop.deploy(RETIRED, reversed)).toEqual(['function']);
  expect(await both()).toEqual(['AccessDeniedException', 'taken']);
  await shop.pass(CACHED + KEPT);
  expect((await fetchJwks([shop.key])).keys.map(({ alg }) => alg)).toEqual(['ES384']);
  expect(shop.stack.keyArns.size).toBe(2);

  expect([shop.failures, shop.refusals]).toEqual([[], []]);
  expect(shop.signed).toBeGreaterThan(30);
  // Long over; a verifier that does not ask for the time finds no key for it any more.
  expect(await outcome(createJwtVerifier({ keys: await fetchJwks([shop.key]), issuer: ISSUER, audience: false, now: () => Date.UTC(2027, 0, 1) }).verify(before))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  expect(await outcome(shop.verifier().verify(await shop.started().sign({})))).toBe('taken');
});

describe('near misses: what each rule is for', () => {
  test('without DependsOn the old key may lose Sign before the new one has it, and nobody signs', async () => {
    const { addResourceDependency } = CfnResource.prototype;
    const ignored = jest.spyOn(CfnResource.prototype, 'addResourceDependency').mockImplementation(function add(this: CfnResource, target: CfnResource) {
      if (this.cfnResourceType !== 'AWS::KMS::Key') addResourceDependency.call(this, target);
    });
    try {
      await shop.deploy(ANNOUNCED);
      await shop.pass(CACHED + KEPT);
      expect(shop.failures).toEqual([]);
      expect(await shop.deploy(ACTIVATED)).toEqual(['initial', '2027', 'function']);
      expect(shop.failures).toEqual([expect.stringMatching(/^Sign: KMS refused the caller: AccessDeniedException/)]);
    } finally {
      ignored.mockRestore();
    }
  });

  test('a function that knows the active key alone fails until it is deployed', async () => {
    await shop.deploy(ANNOUNCED);
    const { generations: _, ...alone } = shop.key;
    const signer = createJwtSigner({ ...alone, lifetimeSeconds: 60 });
    expect(await outcome(signer.sign({}))).toBe('taken');
    await shop.deploy(ACTIVATED);
    expect(await outcome(signer.sign({}))).toBe('ERR_KEYSMITH_ACCESS_DENIED');
  });

  test('who activates without waiting has tokens refused, as verifiers do not know the key yet', async () => {
    await shop.deploy(PLAIN);
    await shop.pass(ROUND);
    await shop.deploy(ANNOUNCED);
    expect(shop.refusals).toEqual([]);
    await shop.deploy(ACTIVATED);
    expect(shop.refusals.length).toBeGreaterThan(0);
  });

  test('who retires without waiting has tokens refused in their lifetime', async () => {
    await shop.deploy(ANNOUNCED);
    await shop.pass(CACHED + KEPT);
    await shop.deploy(ACTIVATED);
    await shop.deploy(RETIRED);
    expect(shop.refusals).toEqual([]);
    await shop.pass(CACHED + KEPT);
    expect(shop.refusals.length).toBeGreaterThan(0);
  });
});
