import { allKept, classPath, judged } from './support/matcher';

/** What is kept of AWS's matcher is what it says: asked again, all at once, where it is at hand. Where it is not, the tests beside stand on what is kept. */

const kept = allKept();

test('something is kept for every test that asks', () => expect(kept.length).toBeGreaterThan(10));

(classPath() === undefined ? test.skip : test)('AWS\'s matcher says the same today', () => {
  const today = judged(kept.map((each) => each.kept));
  kept.forEach(({ name, kept: { verdicts } }, i) => expect([name, today[i]]).toEqual([name, verdicts]));
});
