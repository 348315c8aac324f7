import { KEY, MRK, INTERNAL, THROTTLED, UNAVAILABLE, hang, scene } from './scene';
import { kmsException } from '../envelope/fake-kms';

describe('the breaker of a Region', () => {
  const quick = { breakerFailures: 3, breakerOpenMs: 5000, budgetMs: 1000 };

  test('opens on faults of KMS; then calls fail at once, without a call', async () => {
    const { clock, home, inOneRegion, generate, states } = scene();
    home.failAll(INTERNAL);
    const kms = inOneRegion(quick);
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(home.count()).toBe(3);
    expect(states()).toEqual(['eu-west-1 open']);
    const before = clock.now();
    await expect(generate(kms)).rejects.toMatchObject({ ...UNAVAILABLE, message: expect.stringContaining('no Region that may be asked is in order') });
    expect(home.count()).toBe(3);
    expect(clock.now()).toBe(before);
  });

  test('lets one of many calls try after a while, and all when it is answered', async () => {
    const { clock, home, inOneRegion, generate, states } = scene();
    home.failAll(INTERNAL);
    const kms = inOneRegion(quick);
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    home.failAll();
    clock.advance(5000);
    const calls = await Promise.allSettled(Array.from({ length: 10 }, () => generate(kms)));
    expect(calls.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(home.count()).toBe(4);
    expect(states()).toEqual(['eu-west-1 open', 'eu-west-1 half-open', 'eu-west-1 closed']);
    await expect(generate(kms)).resolves.toMatchObject({ KeyId: KEY });
  });

  test('keeps those from trying who waited while another opened it', async () => {
    const { clock, home, inOneRegion } = scene();
    home.failAll(INTERNAL);
    const draws = [0.1, 0.9];
    const kms = inOneRegion({ ...quick, random: () => draws.shift()! });
    const call = () => kms.generateDataKey({ KeyId: KEY, NumberOfBytes: 32 });
    const calls = await clock.run(Promise.allSettled([call(), call()]));
    expect(calls).toMatchObject([1, 2].map(() => ({ status: 'rejected', reason: UNAVAILABLE })));
    expect(home.count()).toBe(3);
  });

  test('sends calls to the replica at once while it is open', async () => {
    const { home, replica, inTwoRegions, generate } = scene();
    home.failAll(INTERNAL);
    const kms = inTwoRegions({ ...quick, attemptsPerRegion: 3 });
    await generate(kms, MRK);
    const asked = home.count();
    await expect(generate(kms, MRK)).resolves.toMatchObject({ KeyId: MRK });
    expect(home.count()).toBe(asked);
    expect(replica.count()).toBe(2);
  });

  test.each([
    ['throttling', THROTTLED], ['a denial', kmsException('AccessDeniedException')], ['a wrong ciphertext', kmsException('InvalidCiphertextException')],
  ])('does not open on %s, which is an answer', async (_, error) => {
    const { home, inOneRegion, generate, states } = scene();
    home.failAll(error);
    const kms = inOneRegion(quick);
    for (let turn = 0; turn < 5; turn++) await expect(generate(kms)).rejects.toBeDefined();
    expect(states()).toEqual([]);
  });

  test('does not open on attempts that the budget cut short', async () => {
    const { home, inOneRegion, generate, states } = scene();
    home.failAll(hang);
    const kms = inOneRegion({ ...quick, budgetMs: 200, attemptTimeoutMs: 1000 });
    for (let turn = 0; turn < 5; turn++) await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(states()).toEqual([]);
  });

  test('opens on attempts that had their time', async () => {
    const { home, inOneRegion, generate, states } = scene();
    home.failAll(hang);
    const kms = inOneRegion({ ...quick, budgetMs: 10_000, attemptTimeoutMs: 100 });
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(states()).toEqual(['eu-west-1 open']);
  });
});
