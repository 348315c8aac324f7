import * as fc from 'fast-check';
import { KEY, MRK, INTERNAL, THROTTLED, UNAVAILABLE, hang, scene } from './scene';

describe('the budget', () => {
  test('ends throttling that does not end, in a bounded number of attempts', async () => {
    const { clock, home, inOneRegion, generate, told } = scene();
    home.failAll(THROTTLED);
    await expect(generate(inOneRegion({ budgetMs: 2000 }))).rejects.toMatchObject({ ...UNAVAILABLE, cause: THROTTLED });
    expect(clock.now()).toBeLessThanOrEqual(2000);
    expect(home.count()).toBeLessThan(12);
    expect(told('exhausted')).toEqual([{ kind: 'exhausted', operation: 'GenerateDataKey', attempts: home.count() }]);
  });

  test('is never overrun, whatever happens and whatever is drawn', async () => {
    const fault = fc.constantFrom(THROTTLED, INTERNAL, hang, undefined);
    const faultsInARow = fc.array(fault, { maxLength: 12 });
    const random = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
    await fc.assert(fc.asyncProperty(
      faultsInARow, faultsInARow, random, fc.integer({ min: 1, max: 5000 }), async (faults, replicaFaults, draws, budgetMs) => {
        const { clock, home, replica, inTwoRegions, generate } = scene();
        home.failNext(...faults);
        replica.failNext(...replicaFaults);
        const call = generate(inTwoRegions({ budgetMs, random: () => draws.next().value as number }), MRK);
        await call.then(({ KeyId }) => expect(KeyId).toBe(MRK), (error) => expect(error).toMatchObject(UNAVAILABLE));
        expect(clock.now()).toBeLessThanOrEqual(budgetMs);
      },
    ), { numRuns: 60 });
  });

  test('may be what is left of a Lambda invocation, asked anew with each call', async () => {
    const { clock, home, inOneRegion, generate } = scene();
    let remaining = 400;
    const kms = inOneRegion({ budgetMs: () => remaining });
    home.failNext(hang);
    await expect(generate(kms)).rejects.toMatchObject(UNAVAILABLE);
    expect(clock.now()).toBe(400);
    remaining = 5000;
    home.failNext(hang);
    await expect(generate(kms)).resolves.toMatchObject({ KeyId: KEY });
  });

  test.each([0, 49, -20])('of %i ms is not enough to begin an attempt', async (left) => {
    const { home, inOneRegion, generate } = scene();
    await expect(generate(inOneRegion({ budgetMs: () => left }))).rejects.toMatchObject(UNAVAILABLE);
    expect(home.count()).toBe(0);
  });

  test.each([NaN, Infinity, undefined])('of %p is refused', async (left) => {
    const { inOneRegion, generate } = scene();
    await expect(generate(inOneRegion({ budgetMs: () => left as number }))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });
});
