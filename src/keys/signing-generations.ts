import { Token } from 'aws-cdk-lib';
import { GENERATION_NAME } from '../spec/contract';
import { SigningAlgorithm } from '../spec/signing';

/** One of the keys of KMS that sign under one name, one after the other. */
export interface SigningGeneration {
  /**
   * What the generation is called: up to 12 letters, digits, `-` and `_`, like `2027`. It can never be changed, as it is part of the id of the key.
   *
   * A key that was made without generations is called `initial`.
   */
  readonly name: string;

  /**
   * The algorithm of every signature that it makes. It cannot be changed where it needs another kind of key: list another generation.
   *
   * @default - that of the key (`algorithm`)
   */
  readonly algorithm?: SigningAlgorithm;

  /**
   * Bits of an RSA key: 2048, 3072 or 4096. Only the RS and PS algorithms have a choice.
   *
   * @default - that of the key (`rsaBits`) where the algorithm is the key's, else 3072 for RS and PS algorithms
   */
  readonly rsaBits?: number;

  /**
   * Whether it is over: it leaves the key set, and what functions are told. The key in KMS stays, and so does its policy: functions that were not deployed yet still read
   * its public key. Take the entry out of the list later.
   *
   * @default false
   */
  readonly retired?: boolean;
}

/** The generation of a key that was made without any: its resource is where it always was. */
export const INITIAL = 'initial';

/** What is said of generations by the props of a key. */
export interface GenerationsGiven {
  readonly algorithm?: SigningAlgorithm;
  readonly rsaBits?: number;
  readonly generations?: SigningGeneration[];
  readonly active?: string;
}

/** A generation with its defaults. */
export interface PlannedGeneration {
  readonly name: string;
  readonly algorithm: SigningAlgorithm;
  readonly rsaBits?: number;
  readonly retired: boolean;
}

/** What a key has signed with, signs with, and will sign with. */
export interface PlannedGenerations {
  readonly all: readonly PlannedGeneration[];
  readonly active: PlannedGeneration;
}

/** The generations that the props of a key mean. Throws for lists of which nobody could say who signs. */
export function plannedGenerations(given: GenerationsGiven, where: string): PlannedGenerations {
  const { algorithm = SigningAlgorithm.ES256, rsaBits, generations = [{ name: INITIAL }], active } = given;
  if (!generations.length) throw new Error(`${where}: generations is empty: list the one that signs, or leave it out`);
  const all = generations.map((generation): PlannedGeneration => ({
    name: nameOf(generation, where),
    algorithm: generation.algorithm ?? algorithm,
    rsaBits: generation.rsaBits ?? (generation.algorithm === undefined || generation.algorithm === algorithm ? rsaBits : undefined),
    retired: generation.retired ?? false,
  }));
  // Ids of resources, and what people read, should not differ in capitals alone.
  const twice = all.find(({ name }, i) => all.findIndex((other) => other.name.toLowerCase() === name.toLowerCase()) < i);
  if (twice) throw new Error(`${where}: generations has '${twice.name}' twice, capitals aside: give each its own name`);
  return { all, active: activeOf(all, active, where) };
}

function nameOf(generation: SigningGeneration | undefined, where: string): string {
  const name: unknown = generation?.name;
  if (typeof name === 'string' && !Token.isUnresolved(name) && GENERATION_NAME.test(name)) return name;
  const seen = Token.isUnresolved(name) ? 'what only deployment knows' : typeof name === 'string' ? `'${name}'` : 'none';
  throw new Error(`${where}: a generation has the name ${seen}: give it up to 12 letters, digits, '-' and '_', a letter or digit first, like '2027'`);
}

function activeOf(all: readonly PlannedGeneration[], active: string | undefined, where: string): PlannedGeneration {
  const names = (some: readonly PlannedGeneration[]) => some.map(({ name }) => `'${name}'`).join(', ');
  const unretired = all.filter(({ retired }) => !retired);
  if (!unretired.length) throw new Error(`${where}: all generations are retired (${names(all)}), and none is left to sign: list a new one, and make it active before the last is retired`);
  if (active === undefined) {
    const [only] = all;
    const usual = all.length === 1 ? only : unretired.find(({ name }) => name === INITIAL);
    if (usual) return usual;
    const why = all.some(({ name }) => name === INITIAL) ? `'${INITIAL}', which signs by default, is retired` : `several generations are listed, none of them '${INITIAL}', which would sign by default`;
    throw new Error(`${where}: ${why}: say which signs (active: '${unretired[0].name}')`);
  }
  const found = all.find(({ name }) => name === active);
  if (!found) throw new Error(`${where}: active is ${Token.isUnresolved(active) ? 'not known before deployment' : `'${String(active)}'`}, and no generation is called so: choose one of ${names(unretired)}`);
  if (found.retired) throw new Error(`${where}: generation '${found.name}' is active and retired: make another active first, and retire it when its last signature is over`);
  return found;
}
