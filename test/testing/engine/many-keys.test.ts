import { BOB, REGION, TestKms, bytes, keyIdOf } from './kms';

/** What finds keys, aliases and grants without a look at all of them. */

describe('with 10,000 keys', () => {
  const MANY = 10_000;

  /** Calls on a key in the middle of so many. */
  async function callsAmong(size: number): Promise<Record<string, () => Promise<unknown>>> {
    const kms = new TestKms();
    const arns = Array.from({ length: size }, (_, index) => kms.key({ rotation: index % 2 === 0 }));
    arns.forEach((arn, index) => kms.engine.addAlias(`alias/${index}`, arn));
    const at = Math.floor(size / 2);
    const [middle, name] = [arns[at], `alias/${at}`];
    const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: middle, Plaintext: bytes('x') });
    const { GrantToken } = await kms.call('CreateGrant', { KeyId: middle, GranteePrincipal: BOB, Operations: ['Decrypt'] });
    return {
      'by ARN': () => kms.call('Encrypt', { KeyId: middle, Plaintext: bytes('x') }),
      'by alias': () => kms.call('Encrypt', { KeyId: name, Plaintext: bytes('x') }),
      'by ciphertext': () => kms.call('Decrypt', { CiphertextBlob }),
      'with a grant token': () => kms.call('Decrypt', { CiphertextBlob, GrantTokens: [GrantToken] }),
      'about its aliases': () => kms.call('ListAliases', { KeyId: middle }),
    };
  }

  /** The shortest of several goes: what a busy machine adds is not in it. */
  async function shortest(run: () => Promise<unknown>): Promise<number> {
    let best = Infinity;
    for (let go = 0; go < 15; go++) {
      const start = performance.now();
      for (let call = 0; call < 5; call++) await run();
      best = Math.min(best, performance.now() - start);
    }
    return best;
  }

  test('a call takes about as long as with one: it took fifty times that', async () => {
    const [few, many] = [await callsAmong(1), await callsAmong(MANY)];
    for (const name of Object.keys(few)) {
      const times = await shortest(many[name]) / await shortest(few[name]);
      expect(times < 6 ? 'as long' : `${name}: ${times} times as long`).toBe('as long');
    }
  }, 60_000);
});

describe('a grant token', () => {
  const grant = { GranteePrincipal: BOB, Operations: ['Decrypt'] };
  const NONE = 'InvalidGrantTokenException';

  test('is none any more once its grant is revoked or retired', async () => {
    const kms = new TestKms();
    const KeyId = kms.key();
    const [revoked, retired] = [await kms.call('CreateGrant', { KeyId, ...grant }), await kms.call('CreateGrant', { KeyId, ...grant })];
    await kms.call('RevokeGrant', { KeyId, GrantId: revoked.GrantId });
    await kms.call('RetireGrant', { GrantToken: retired.GrantToken });
    for (const { GrantToken } of [revoked, retired]) expect(await kms.refusal('DescribeKey', { KeyId, GrantTokens: [GrantToken] })).toBe(NONE);
  });

  test('of a key that is gone is none, for other keys too', async () => {
    const kms = new TestKms();
    const [gone, other] = [kms.key(), kms.key()];
    const { GrantToken } = await kms.call('CreateGrant', { KeyId: gone, ...grant });
    await kms.call('ScheduleKeyDeletion', { KeyId: gone, PendingWindowInDays: 7 });
    await expect(kms.call('DescribeKey', { KeyId: other, GrantTokens: [GrantToken] })).resolves.toBeDefined();
    kms.pass(7);
    expect(await kms.refusal('DescribeKey', { KeyId: other, GrantTokens: [GrantToken] })).toBe(NONE);
  });

  test('is as good as another that the same named grant was given under', async () => {
    const kms = new TestKms();
    const KeyId = kms.key();
    const [first, second] = [await kms.call('CreateGrant', { KeyId, ...grant, Name: 'one' }), await kms.call('CreateGrant', { KeyId, ...grant, Name: 'one' })];
    expect(second.GrantId).toBe(first.GrantId);
    await kms.call('RetireGrant', { GrantToken: first.GrantToken });
    expect(await kms.refusal('RetireGrant', { GrantToken: second.GrantToken })).toBe(NONE);
  });
});

describe('a key whose waiting period is over', () => {
  async function gone() {
    const kms = new TestKms();
    const [arn, other] = [kms.key(), kms.key()];
    kms.engine.addAlias('alias/gone', arn);
    const names = async () => (await kms.call('ListAliases')).Aliases.map(({ AliasName }: any) => AliasName);
    expect([await names(), (await kms.call('ListKeys')).Keys.length]).toEqual([['alias/gone'], 2]);
    await kms.call('ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 });
    kms.pass(7);
    return { kms, arn, other, names };
  }

  test('is in no list, and leaves its alias free', async () => {
    const { kms, other, names } = await gone();
    expect(await names()).toEqual([]);
    expect((await kms.call('ListKeys')).Keys).toEqual([{ KeyId: keyIdOf(other), KeyArn: other }]);
    await kms.call('CreateAlias', { AliasName: 'alias/gone', TargetKeyId: keyIdOf(other) });
    expect(await names()).toEqual(['alias/gone']);
  });

  test('is not found by its alias, its id or its ARN, whichever is asked for first', async () => {
    for (const by of [() => 'alias/gone', keyIdOf, (arn: string) => arn]) {
      const { kms, arn } = await gone();
      expect(await kms.refusal('DescribeKey', { KeyId: by(arn) })).toMatch(/^NotFoundException/);
    }
  });
});

test('an alias that was moved is listed for its new key only', async () => {
  const kms = new TestKms();
  const [before, after] = [kms.key(), kms.key()];
  kms.engine.addAlias('alias/moved', before);
  await kms.call('UpdateAlias', { AliasName: 'alias/moved', TargetKeyId: keyIdOf(after) });
  const aliasesOf = async (KeyId: string) => (await kms.call('ListAliases', { KeyId })).Aliases.map(({ AliasName }: any) => AliasName);
  expect([await aliasesOf(before), await aliasesOf(after)]).toEqual([[], ['alias/moved']]);
  expect((await kms.call('ListAliases')).Aliases).toEqual([expect.objectContaining({ AliasName: 'alias/moved', TargetKeyId: keyIdOf(after) })]);
});

test('a replica that is used has the material to which its primary has rotated since', async () => {
  const kms = new TestKms();
  const keyId = 'mrk-00000000000040008000000000000001';
  const primary = kms.key({ keyId, multiRegion: true, rotation: true });
  const replica = kms.key({ keyId, multiRegion: true, multiRegionKeyType: 'REPLICA', region: 'eu-west-1' });
  const materialOf = async (KeyId: string, region: string) => (await kms.call('DescribeKey', { KeyId }, { region })).KeyMetadata.CurrentKeyMaterialId;
  const first = await materialOf(primary, REGION);
  kms.pass(365);
  const rotated = await materialOf(replica, 'eu-west-1');
  expect(rotated).not.toBe(first);
  expect(await materialOf(primary, REGION)).toBe(rotated);
});
