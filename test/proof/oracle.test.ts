import { compare } from './z3/agreement';

/** The prover and z3 agree; `npx tsx bench/proof-oracle.ts --policies 2000` asks about more. */

const POLICIES = 6;
const SEED = 20261129;

test(`four claims about each of ${POLICIES} policies, seed ${SEED}`, async () => {
  const { claims, counts, disagreements } = await compare(POLICIES, SEED);
  expect(disagreements).toEqual([]);
  const verdicts = Object.entries(counts);
  const of = (ending: string) => verdicts.filter(([name]) => name.endsWith(ending)).reduce((sum, [, count]) => sum + count, 0);
  // A comparison that z3 does not take part in, or of claims that all hold, would compare nothing.
  expect(of('z3 sat')).toBeGreaterThan(claims / 5);
  expect(of('z3 unsat')).toBeGreaterThan(claims / 5);
  expect(of('z3 unknown')).toBeLessThan(claims / 20);
}, 300_000);
