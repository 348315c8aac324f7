import { failure, invalid } from './errors';
import type { KeysmithError } from './errors';
import { keyArnOf } from './key-arn';
import type { KeyArn } from './key-arn';
import { ATTACHMENT_NAME, CONTRACT_VERSION, GENERATION_NAME, GENERATIONS_VERSION, environmentVariable } from '../spec/contract';
import type { ContractGeneration, KeyContract } from '../spec/contract';
import { algorithmsOf, KEY_SPECS, usagesOf } from '../spec/key-specs';

/** The variables of a process: `process.env`, or a stand-in. */
export type Environment = Readonly<Record<string, string | undefined>>;

const MEMBERS = ['version', 'keyArn', 'previousKeyArns', 'spec', 'usage', 'algorithm', 'encryptionContext', 'contextKeys'];
const GENERATION_MEMBERS = ['name', 'keyArn', 'spec', 'algorithm'];
const VERSIONS: readonly unknown[] = [CONTRACT_VERSION, GENERATIONS_VERSION];

/**
 * What `key.attachTo(fn, …)` told this function of its key.
 *
 * A member that this version does not know is refused like a version it does not know: it may be a restriction.
 *
 * @throws `ERR_KEYSMITH_INPUT` for a name that no key can be attached under; `ERR_KEYSMITH_ENVIRONMENT` for a variable
 *   that is absent or not what this version reads
 */
export function readContract(name: string, env: Environment): KeyContract {
  if (typeof name !== 'string' || !ATTACHMENT_NAME.test(name)) {
    throw invalid(`${JSON.stringify(name)} is not a name that keys are attached under: capitals, digits and underscores, a capital first`);
  }
  const variable = environmentVariable(name);
  const text = env[variable];
  if (text === undefined) throw failure('ENVIRONMENT', `${variable} is not set: ${whatToAttach(name, env)}`);
  return new ContractReader(variable).read(text);
}

function whatToAttach(name: string, env: Environment): string {
  const prefix = environmentVariable('');
  const others = Object.keys(env).filter((variable) => variable.startsWith(prefix)).map((variable) => variable.slice(prefix.length));
  const advice = `attach the key to this function with attachTo, under the name ${name}`;
  return others.length ? `${advice}; attached are ${others.sort().join(', ')}` : advice;
}

/** Reads the JSON of one variable, and names that variable in whatever it objects to. */
class ContractReader {
  constructor(private readonly variable: string) {}

  public read(text: string): KeyContract {
    const json = this.parse(text);
    const contract = json as unknown as KeyContract;
    if (!VERSIONS.includes(json.version)) {
      throw this.wrong(`has version ${shown(json.version)}, this run time reads ${VERSIONS.join(' and ')}: use the cdk-keysmith that wrote it`);
    }
    this.checkMembers(json, json.version === GENERATIONS_VERSION ? [...MEMBERS, 'generations', 'longMessages'] : MEMBERS);
    this.checkKey(contract);
    this.checkPreviousKeys(contract);
    this.checkContext(contract);
    if (json.version === GENERATIONS_VERSION) this.checkGenerations(contract);
    return contract;
  }

  private checkMembers(json: object, known: readonly string[], where = ''): void {
    const unknown = Object.keys(json).filter((member) => !known.includes(member));
    if (unknown.length) throw this.wrong(`${where}has '${unknown.join("', '")}', which this run time does not know: use the cdk-keysmith that wrote it`);
  }

  private parse(text: string): Record<string, unknown> {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (cause) {
      throw this.wrong('is not JSON: leave the variable to attachTo', cause);
    }
    if (!isRecord(json)) throw this.wrong('is not a JSON object: leave the variable to attachTo');
    return json;
  }

  private checkKey({ keyArn, spec, usage, algorithm }: KeyContract, where = ''): void {
    this.arnOf(keyArn, `${where}'keyArn'`);
    if (!Object.hasOwn(KEY_SPECS, spec)) throw this.wrong(`${where}has spec ${shown(spec)}, which is no KMS key spec`);
    if (!usagesOf(spec).includes(usage)) throw this.wrong(`${where}has usage ${shown(usage)}, a key of spec ${spec} has ${usagesOf(spec).join(' or ')}`);
    const algorithms = algorithmsOf(spec, usage);
    if (algorithm !== undefined && !algorithms.includes(algorithm)) {
      throw this.wrong(`${where}has algorithm ${shown(algorithm)}, a key of spec ${spec} for ${usage} has ${algorithms.join(', ')}`);
    }
  }

  /** Each as it is told, with what it has in common with the active one: which of them is that, its ARN tells. */
  private checkGenerations(contract: KeyContract): void {
    const { keyArn, spec, usage, algorithm, generations } = contract;
    if (!Array.isArray(generations)) throw this.wrong("has no list of 'generations', which version 2 is for");
    (generations as unknown[]).forEach((generation, i) => this.checkGeneration(generation, i + 1, contract));
    const told = generations as ContractGeneration[];
    const isSame = (one: ContractGeneration, other: ContractGeneration) => one.name === other.name || one.keyArn === other.keyArn;
    const twice = told.find((one, i) => told.findIndex((other) => isSame(one, other)) < i);
    if (twice) throw this.wrong(`has generation ${shown(twice.name)} or its key ${twice.keyArn} twice`);
    const { longMessages } = contract;
    if (longMessages !== undefined && ((longMessages as unknown) !== true || !told.some((one) => (one.spec ?? spec).startsWith('ML_DSA')))) {
      throw this.wrong(`has longMessages ${shown(longMessages)}, which is true, and of keys for ML-DSA`);
    }
    const active = told.find((generation) => generation.keyArn === keyArn);
    if (!active) throw this.wrong(`has generations ${told.map(({ name }) => name).join(', ')}, and none with the key that signs, ${keyArn}`);
    const { spec: ownSpec = spec, algorithm: ownAlgorithm = algorithm } = active;
    if (ownSpec !== spec || ownAlgorithm !== algorithm) {
      throw this.wrong(`says of its key that it is of ${[spec, usage, algorithm].join(', ')}, and of generation ${active.name}, the same key, ${[ownSpec, ownAlgorithm].join(', ')}`);
    }
  }

  private checkGeneration(generation: unknown, number: number, { keyArn, spec, usage, algorithm }: KeyContract): void {
    const { name, ...own } = isRecord(generation) ? generation as unknown as ContractGeneration : { name: undefined, keyArn: '' };
    if (typeof name !== 'string' || !GENERATION_NAME.test(name)) throw this.wrong(`has generation ${number} with the name ${shown(name)}, which no generation has`);
    const where = `generation ${name} `;
    this.checkMembers(generation as object, GENERATION_MEMBERS, where);
    this.checkKey({ version: GENERATIONS_VERSION, spec, usage, algorithm, ...own }, where);
    const [{ region }, { region: here }] = [this.arnOf(own.keyArn, where), this.arnOf(keyArn, "'keyArn'")];
    if (region !== here) throw this.wrong(`${where}is in ${region}, and the active one in ${here}: one client serves the keys of its own Region only`);
  }

  private checkPreviousKeys({ keyArn, previousKeyArns }: KeyContract): void {
    if (previousKeyArns === undefined) return;
    if (!Array.isArray(previousKeyArns)) throw this.wrong("has 'previousKeyArns' that are not a list of key ARNs");
    const keys = [keyArn, ...previousKeyArns as unknown[]].map((arn) => this.arnOf(arn, "a key of 'previousKeyArns'"));
    const [{ region }] = keys;
    const elsewhere = keys.find((key) => key.region !== region);
    // One client serves the keys of its own Region only.
    if (elsewhere) throw this.wrong(`has previous key ${elsewhere.arn}, which is not in ${region} as the active one is`);
    const twice = keys.find(({ arn }, index) => keys.findIndex((key) => key.arn === arn) < index);
    if (twice) throw this.wrong(`has key ${twice.arn} twice`);
  }

  private arnOf(arn: unknown, where: string): KeyArn {
    try {
      return keyArnOf(arn, where);
    } catch (cause) {
      throw this.wrong((cause as Error).message, cause);
    }
  }

  private checkContext({ spec, encryptionContext, contextKeys }: KeyContract): void {
    if (encryptionContext === undefined && contextKeys === undefined) return;
    if (KEY_SPECS[spec].family !== 'symmetric') throw this.wrong(`has an encryption context, which a key of spec ${spec} cannot take`);
    if (encryptionContext !== undefined && !(isRecord(encryptionContext) && areStrings(Object.values(encryptionContext)))) {
      throw this.wrong("has an 'encryptionContext' that is not an object of strings");
    }
    if (contextKeys !== undefined && !(Array.isArray(contextKeys) && areStrings(contextKeys))) {
      throw this.wrong("has 'contextKeys' that are not a list of strings");
    }
  }

  private wrong(what: string, cause?: unknown): KeysmithError {
    return failure('ENVIRONMENT', `${this.variable} ${what}`, cause);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areStrings(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
