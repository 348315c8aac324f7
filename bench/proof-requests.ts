import fc from 'fast-check';
import { decide } from '../src/authz';
import { scenes, toldAbsent } from '../test/authz/generated';
import { limitedSession, othersAllow } from '../test/authz/iam-simulate';

/**
 * The engine against @cloud-copilot/iam-simulate, on requests made by chance; what is left out of the comparison, and why, stands in
 * test/authz/differential.test.ts.
 *
 * Run `npx tsx bench/proof-requests.ts --requests 6000 --seed 1`. It prints seed and counts, and each difference; it fails if there is one.
 */

const PER_SCENE = 10;

const argument = (name: string, otherwise: number): number => {
  const index = process.argv.indexOf(`--${name}`);
  const value = index < 0 ? otherwise : Number(process.argv[index + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number above 0, not '${process.argv[index + 1]}'`);
  return value;
};

const [requests, seed] = [argument('requests', 6000), argument('seed', 20261129)];
const counts = { 'both allow': 0, 'both deny': 0, 'the other lets session policies limit what names the session': 0, 'unexplained': 0 };

for (const { world, requests: asked } of fc.sample(scenes(PER_SCENE), { numRuns: Math.ceil(requests / PER_SCENE), seed })) {
  for (const request of asked) {
    const decision = decide(world, toldAbsent(request));
    const others = othersAllow(world, request);
    if (decision.allowed === others) {
      counts[others ? 'both allow' : 'both deny'] += 1;
    } else if (limitedSession(world, request, decision)) {
      counts['the other lets session policies limit what names the session'] += 1;
    } else {
      counts.unexplained += 1;
      console.log(JSON.stringify({ others, reason: decision.reason, request, world }));
    }
  }
}
console.log(`seed ${seed}: ${Object.values(counts).reduce((sum, count) => sum + count, 0)} requests`);
for (const [name, count] of Object.entries(counts)) console.log(`${String(count).padStart(6)}  ${name}`);
process.exitCode = counts.unexplained === 0 ? 0 : 1;
