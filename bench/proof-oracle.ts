import { compare } from '../test/proof/z3/agreement';

/**
 * The prover against z3, on an encoding of its own: four claims about each of many policies made by chance, with patterns that overlap.
 *
 * Run `npx tsx bench/proof-oracle.ts --policies 2000 --seed 1`. It prints seed and counts, and each disagreement with its policy; it fails if there is one.
 */

const argument = (name: string, otherwise: number): number => {
  const index = process.argv.indexOf(`--${name}`);
  const value = index < 0 ? otherwise : Number(process.argv[index + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number above 0, not '${process.argv[index + 1]}'`);
  return value;
};

async function main(): Promise<void> {
  const [policies, seed] = [argument('policies', 2000), argument('seed', 20261129)];
  const started = Date.now();
  const progress = (done: number) => {
    if (done % 100 === 0) process.stderr.write(`${done} of ${policies} policies, ${Math.round((Date.now() - started) / 1000)} s\n`);
  };
  const { claims, counts, disagreements } = await compare(policies, seed, progress);
  console.log(`seed ${seed}: ${policies} policies, ${claims} claims, ${disagreements.length} disagreements`);
  for (const name of Object.keys(counts).sort()) console.log(`${String(counts[name]).padStart(6)}  ${name}`);
  for (const { claim, verdict, z3, policy, changed, proof: { counterexample, because } } of disagreements.slice(0, 10)) {
    const { key, ...request } = counterexample?.request ?? {};
    console.log(JSON.stringify({ claim, verdict, z3, request, because, policy, changed }));
  }
  process.exit(disagreements.length === 0 ? 0 : 1);
}

void main();
