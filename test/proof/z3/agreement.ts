import fc from 'fast-check';
import { init } from 'z3-solver';
import { EncodedRequest } from './encoding';
import { HOME, pairs, READER } from './policies';
import type { PolicyPair } from './policies';
import type { PolicyDocument } from '../../../src/authz';
import { allowsNothingNew, nobodyCanBoth, nobodyExcept, requiresContext } from '../../../src/proof';
import type { KeyWorld, Proof } from '../../../src/proof';

/** Proofs against z3: four claims about each of many policies. */

/** After which z3 is asked in another way, and then is taken not to know. */
const TIMEOUT_MS = 1000;
const LAST_TIMEOUT_MS = 20_000;
const ARN = `arn:aws:kms:us-east-1:${HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

export interface Disagreement {
  readonly claim: string;
  readonly verdict: string;
  readonly z3: string;
  readonly policy: PolicyDocument;
  readonly changed?: PolicyDocument;
  readonly proof: Proof;
}

export interface Agreement {
  readonly policies: number;
  readonly claims: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly disagreements: readonly Disagreement[];
}

interface Claim {
  readonly name: string;
  readonly prove: (pair: PolicyPair) => Proof;
  /** Satisfiable where the claim fails. */
  readonly refuted: (pair: PolicyPair) => readonly string[];
}

const at = (policy: PolicyDocument): KeyWorld =>
  ({ key: { arn: ARN, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', policy }, world: { identities: [] } });
const one = new EncodedRequest('one');
const other = new EncodedRequest('other');

const CLAIMS: readonly Claim[] = [
  {
    name: 'nobody but the reader can decrypt',
    prove: ({ policy }) => nobodyExcept(at(policy), [READER], ['kms:Decrypt']),
    refuted: ({ policy }) => [one.does(['Decrypt']), one.isNotReader(), one.allowed(policy)],
  },
  {
    name: 'decrypting requires a',
    prove: ({ policy }) => requiresContext(at(policy), ['kms:Decrypt'], ['a']),
    refuted: ({ policy }) => [one.does(['Decrypt']), one.lacks('a'), one.allowed(policy)],
  },
  {
    name: 'nobody can both encrypt and decrypt',
    prove: ({ policy }) => nobodyCanBoth(at(policy), ['kms:Encrypt'], ['kms:Decrypt']),
    refuted: ({ policy }) => [
      one.does(['Encrypt']), other.does(['Decrypt']), one.allowed(policy), other.allowed(policy),
      ...['kind', 'arn', 'service'].map((variable) => `(= ${one.name(variable)} ${other.name(variable)})`),
    ],
  },
  {
    name: 'the change allows nothing new',
    prove: ({ policy, changed }) => allowsNothingNew(at(policy), at(changed)),
    // New is also what takes no IAM policy any more.
    refuted: ({ policy, changed }) => [`(or ${[true, false].map((withIam) => `(and ${one.allowed(changed, withIam)} (not ${one.allowed(policy, withIam)}))`).join(' ')})`],
  },
];

/** Asks both about policies made from a seed. */
export async function compare(policies: number, seed: number, progress: (done: number) => void = () => undefined): Promise<Agreement> {
  const { Context, em } = await init();
  const { Solver } = Context('proofs');
  const ask: Ask = async (facts, timeout) => {
    const solver = new Solver();
    solver.set('timeout', timeout);
    const formulas = facts.map((fact) => `(assert ${fact})`).join('\n');
    const requests = formulas.includes(other.name('action')) ? [one, other] : [one];
    solver.fromString([...requests.flatMap((request) => request.declarations(formulas)), formulas].join('\n'));
    const answer = await solver.check();
    solver.release();
    return answer;
  };
  const counts: Record<string, number> = {};
  const disagreements: Disagreement[] = [];
  for (const [index, pair] of fc.sample(pairs, { numRuns: policies, seed }).entries()) {
    for (const { name, prove, refuted } of CLAIMS) {
      const proof = prove(pair);
      const z3 = await answerOf(ask, refuted(pair), proof);
      const expected = z3 === 'sat' ? 'fails' : z3 === 'unsat' ? 'holds' : z3;
      const verdict = isOpenByPages(proof) ? 'undecidable, as pages are silent' : proof.verdict;
      const row = `${name}: ${verdict}, z3 ${z3}`;
      counts[row] = (counts[row] ?? 0) + 1;
      // What pages leave open, z3 is not told of: it may only be silent then.
      if (z3 === 'unknown' || verdict === expected || (verdict !== proof.verdict && expected === 'holds')) continue;
      disagreements.push({ claim: name, verdict, z3, policy: pair.policy, changed: pair.changed, proof });
    }
    progress(index + 1);
  }
  em.PThread.terminateAllThreads();
  return { policies, claims: policies * CLAIMS.length, counts, disagreements };
}

type Answer = 'sat' | 'unsat' | 'unknown';
type Ask = (facts: readonly string[], timeout: number) => Promise<Answer>;

/**
 * What z3 says; where it does not know in time, what it says of the request that the prover shows, or, if there is none, of each kind of principals, one
 * after another.
 */
async function answerOf(ask: Ask, facts: readonly string[], proof: Proof): Promise<Answer> {
  const answer = await ask(facts, TIMEOUT_MS);
  if (answer !== 'unknown') return answer;
  const formulas = facts.join('\n');
  const shown = [[one, proof.counterexample] as const, [other, proof.other] as const]
    .flatMap(([request, example]) => (example ? request.equals(example.request, formulas) : []));
  if (proof.verdict === 'fails') return ask([...facts, ...shown], LAST_TIMEOUT_MS);
  const answers: Answer[] = [];
  for (const kind of one.kinds()) answers.push(await ask([...facts, kind], LAST_TIMEOUT_MS));
  return answers.find((each) => each === 'sat') ?? answers.find((each) => each === 'unknown') ?? 'unsat';
}

/** Names of pairs in two spellings, and empty values: no page says what conditions see then. Of two requests, one such is enough. */
function isOpenByPages({ verdict, counterexample, other: second }: Proof): boolean {
  return verdict === 'undecidable' && [counterexample, second].some((example) => {
    const { encryptionContext, requestedGrant, conditionKeys = {} } = example?.request ?? {};
    const context = encryptionContext ?? requestedGrant?.constraints?.EncryptionContextSubset ?? {};
    const spelt = Object.keys(context).map((name) => name.toLowerCase());
    return new Set(spelt).size < spelt.length || [...Object.values(context), ...Object.values(conditionKeys)].includes('');
  });
}
