import { KEY, INTERNAL, scene } from './scene';
import { resilientKms } from '../../../src/runtime';
import type { ResilientKmsOptions } from '../../../src/runtime';

describe('options', () => {
  test.each<[string, Partial<ResilientKmsOptions>]>([
    ['budgetMs', { budgetMs: 0 }], ['budgetMs', { budgetMs: NaN }], ['attemptTimeoutMs', { attemptTimeoutMs: -1 }], ['minAttemptMs', { minAttemptMs: Infinity }],
    ['attemptsPerRegion', { attemptsPerRegion: 1.5 }], ['breakerFailures', { breakerFailures: 0 }], ['backoffMs', { backoffMs: '5' as unknown as number }],
    ['replicaRegions', { replicaRegions: ['us-east-1'] }],
  ])("that cannot work are refused by name: '%s'", (name, options) => {
    const { inOneRegion } = scene();
    expect(() => inOneRegion(options)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(`'${name}'`) }));
  });

  test('a client for each Region needs keys that say where they are', async () => {
    const { inOneRegion, inTwoRegions, generate } = scene();
    await expect(generate(inTwoRegions(), 'alias/data')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
    await expect(generate(inOneRegion(), 'alias/data')).resolves.toMatchObject({ KeyId: 'alias/data' });
  });

  test('a listener that throws changes nothing', async () => {
    const { home, inOneRegion, generate } = scene();
    home.failNext(INTERNAL);
    const kms = inOneRegion({ onEvent: () => { throw new Error('metrics are down'); } });
    await expect(generate(kms)).resolves.toMatchObject({ KeyId: KEY });
  });

  test('the defaults need neither clock nor chance', async () => {
    const { home } = scene();
    home.failNext(INTERNAL, () => ({ Plaintext: undefined }));
    await expect(resilientKms({ kms: home.port }).generateDataKey({ KeyId: KEY, NumberOfBytes: 32 })).resolves.toMatchObject({ KeyId: KEY });
    expect(home.count()).toBe(2);
  });
});
