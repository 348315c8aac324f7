import { Call } from './call';
import { defineKey } from './define-key';
import { KmsException } from './exceptions';
import type { Place } from './key-store';
import { KeyStore } from './key-store';
import { forget, withArns } from './named-principals';
import { OPERATIONS } from './operations';
import type { KmsCaller, GonePrincipal, KeyDefinition, KmsEngineOptions } from './types';

/**
 * KMS itself, without a network: keys of any account and Region, real cryptography, and authorization before anything else.
 * Inputs and outputs have the shapes of the SDK: `Uint8Array` for blobs, `Date` for timestamps.
 */
export class KmsEngine {
  private readonly home: Place;
  private readonly clock: () => Date;
  private readonly store: KeyStore;

  constructor(private readonly options: KmsEngineOptions) {
    this.home = { account: options.account ?? '111122223333', region: options.region ?? 'us-east-1' };
    this.clock = options.clock ?? (() => new Date());
    this.store = new KeyStore(this.clock);
  }

  /**
   * Puts a key there, without asking anyone: what a deployment has left behind.
   *
   * @returns its ARN
   * @throws Error if KMS could not have such a key, or it is there already
   */
  public addKey(definition: KeyDefinition): string {
    const key = defineKey(definition, this.home, this.store, this.clock());
    key.policy = withArns(key.policy, this.options.principals);
    this.store.add(key);
    return key.arn;
  }

  /**
   * Points an alias, `alias/…`, of the key's account and Region at a key.
   *
   * @throws Error for a name that no alias can have, or one that is taken
   */
  public addAlias(name: string, keyArn: string): void {
    if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) throw new Error(`'${name}' is no name of an alias: expected alias/ and letters, digits, /, _ or -`);
    const target = this.store.byArn(keyArn);
    if (!target) throw new Error(`alias '${name}' points to ${keyArn}, which has not been added`);
    const present = this.store.alias(name, target);
    if (present) throw new Error(`alias '${name}' points to ${present.target.arn} already: it cannot point to ${keyArn} too`);
    const now = this.clock();
    this.store.putAlias({ name, account: target.account, region: target.region, target, createdAt: now, updatedAt: now });
  }

  /** Takes note that a role or user was deleted: whatever names it names nobody from now on, whoever gets its name. */
  public forget(gone: GonePrincipal): void {
    for (const key of this.store.allKeys()) forget(key, gone);
  }

  /**
   * One call of the KMS API.
   *
   * @param operation its name, `Encrypt`
   * @throws KmsException for everything that KMS answers with an error
   */
  public async call(operation: string, input: Readonly<Record<string, unknown>>, caller: KmsCaller): Promise<Record<string, unknown>> {
    if (!Object.hasOwn(OPERATIONS, operation)) throw new KmsException('UnknownOperationException');
    const call = new Call(operation, givenMembers(input), caller, this.store, { ...this.options, home: this.home, clock: this.clock });
    try {
      const output = await OPERATIONS[operation].run(call.input, call);
      this.options.onRequest?.(call.record());
      return output;
    } catch (error) {
      this.options.onRequest?.(call.record(error));
      throw error;
    }
  }
}

/**
 * The members that an input has: null is as if it were not there.
 *
 * @throws SerializationException for an input that has no members
 */
function givenMembers(input: unknown): Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new KmsException('SerializationException');
  return Object.fromEntries(Object.entries(input).filter(([, member]) => member !== undefined && member !== null));
}
