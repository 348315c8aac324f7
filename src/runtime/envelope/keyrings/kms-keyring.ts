import { keyArnOf } from '../../key-arn';
import type { KeyArn } from '../../key-arn';
import { callKms } from '../../kms-errors';
import type { KmsPort } from '../../kms-port';
import { replyBytes } from '../../kms-reply';
import { quoted } from '../../text';
import { knownOptions } from '../../whole-numbers';
import { wipe } from '../bytes';
import type { DecryptDataKeyRequest, EncryptedDataKey, GenerateDataKeyRequest, GeneratedDataKey, Keyring, WrapDataKeyRequest } from '../keyring';
import { clientsByRegion } from './kms-clients';
import type { KmsClients } from './kms-clients';
import { KMS_PROVIDER_ID, keyToOpen, relatedTo, wrappedUnder } from './named-key';
import { noKeyFor } from './no-key';
import { eachOf, fewPerKey, firstSuccess, isOutage } from './outcomes';

/** How a KMS keyring is set up. */
export interface KmsKeyringOptions {
  /**
   * The KMS client, or a function that makes one for a Region (asked once for each). Keys of several Regions take a function, or `resilientKms`
   * over one: a client of the SDK serves the keys of its own Region only, and KMS says `Invalid arn eu-central-1` of another's
   * (`NotFoundException`, `ERR_KEYSMITH_KEY_UNAVAILABLE`). That shows with the first call, since a client does not tell which Regions it serves.
   */
  readonly kms: KmsClients;
  /** ARN of the key that makes data keys and wraps them. */
  readonly keyArn: string;
  /**
   * ARNs of further keys: new messages are wrapped for each of them too, and any of them opens a message.
   *
   * Multi-Region keys that are related stand in for one another while KMS is out of order in the Region of one: whichever answers makes,
   * wraps and opens the data key. A message then lacks the wrapped data keys of those that do not answer. An unrelated key never stands
   * in when a message is written, since its readers could not open it.
   *
   * @default - none
   */
  readonly additionalKeyArns?: readonly string[];
  /** Grant tokens sent with every call, for grants that are not everywhere known yet. @default - none */
  readonly grantTokens?: readonly string[];
}

/**
 * Data keys under symmetric KMS keys. Strict: it opens only messages for the keys named, and for multi-Region keys
 * related to them, always through keys that are configured.
 * aws-encryption-sdk-specification, framework/aws-kms/aws-kms-keyring.md and aws-kms-mrk-keyring.md.
 */
export class KmsKeyring implements Keyring {
  readonly #keys: readonly KeyArn[];
  /** Calls KMS, and returns what gives the bytes of its reply. */
  readonly #call: Call;

  /** @throws `ERR_KEYSMITH_INPUT` for a key that is not named by its ARN */
  constructor(options: KmsKeyringOptions) {
    const { kms, keyArn, additionalKeyArns = [], grantTokens } = knownOptions(options, ['kms', 'keyArn', 'additionalKeyArns', 'grantTokens']);
    // Named twice, a key still takes one encrypted data key.
    this.#keys = [...new Set([keyArn, ...additionalKeyArns])].map((arn) => keyArnOf(arn, 'a KmsKeyring key'));
    const clientFor = clientsByRegion(kms);
    this.#call = async (method, { arn, region }, { context, abortSignal }, input) => {
      // The name of the operation is that of the method, with a capital.
      const operation = method[0].toUpperCase() + method.slice(1);
      const reply: Reply = await callKms(operation, abortSignal, (call) => (
        clientFor(region)[method]({ KeyId: arn, EncryptionContext: context, GrantTokens: grantTokens, ...input } as never, call)
      ));
      return (member, length) => replyBytes(operation, reply, arn, member, length, length);
    };
  }

  public async generateDataKey(request: GenerateDataKeyRequest): Promise<GeneratedDataKey> {
    const { suite: { dataKeyBytes }, abortSignal } = request;
    const asked: KeyArn[] = [];
    let bytesOf: BytesOf<'Plaintext' | 'CiphertextBlob'>;
    const plaintext = await firstSuccess(this.#keys.slice(0, 1), abortSignal, async (key) => {
      asked.push(key);
      bytesOf = await this.#call('generateDataKey', key, request, { NumberOfBytes: dataKeyBytes });
      return bytesOf('Plaintext', dataKeyBytes);
    }, (key, queue) => this.#standIns(key, queue));
    try {
      const maker = asked.at(-1)!;
      const others = this.#keys.filter((key) => !asked.includes(key));
      const wrapped = await this.#wrapUnder(others, { ...request, plaintext }, [maker]);
      return { plaintext, encryptedDataKeys: [wrappedUnder(maker, bytesOf!('CiphertextBlob')), ...wrapped] };
    } catch (error) {
      wipe(plaintext);
      throw error;
    }
  }

  public wrapDataKey(request: WrapDataKeyRequest): Promise<EncryptedDataKey[]> {
    return this.#wrapUnder(this.#keys, request);
  }

  public async decryptDataKey(request: DecryptDataKeyRequest): Promise<Uint8Array> {
    const { suite, encryptedDataKeys, abortSignal } = request;
    const attempts = encryptedDataKeys.map((edk) => [keyToOpen(edk, KMS_PROVIDER_ID, this.#keys)!, edk.ciphertext] as const).filter(([key]) => key);
    if (!attempts.length) throw noKeyFor(encryptedDataKeys, quoted(this.#keys.map((key) => key.arn)));
    const named = attempts.map(([key]) => key);
    return firstSuccess(fewPerKey(attempts, ([key]) => key), abortSignal, async ([key, CiphertextBlob]) => (
      (await this.#call('decrypt', key, request, { CiphertextBlob }))('Plaintext', suite.dataKeyBytes)
    ), ([key, ciphertext], queue) => (
      // For each encrypted data key, since a key that is out says of none whether it is good. Those that have their own are asked for that.
      this.#standIns(key, [...named, ...queue.flatMap(([tried, its]) => (its === ciphertext ? [tried] : []))])
        .map((other) => [other, ciphertext] as const)
    ), ([key], [other]) => relatedTo(key, [other]).length > 0);
  }

  /** The keys that have the same material, but for those that are asked anyway. */
  #standIns(key: KeyArn, asked: readonly KeyArn[]): KeyArn[] {
    return relatedTo(key, this.#keys).filter((other) => !asked.includes(other));
  }

  /** Leaves out keys in Regions that do not answer, where a related key wrapped the data key: one of `keys`, or of those that did `before`. */
  async #wrapUnder(keys: readonly KeyArn[], request: WrapDataKeyRequest, before: readonly KeyArn[] = []): Promise<EncryptedDataKey[]> {
    const out = new Map<KeyArn, unknown>();
    const wrapped = await eachOf(keys, async (key) => {
      try {
        return [wrappedUnder(key, (await this.#call('encrypt', key, request, { Plaintext: request.plaintext }))('CiphertextBlob'))];
      } catch (error) {
        if (!isOutage(error)) throw error;
        out.set(key, error);
        return [];
      }
    });
    for (const [key, error] of out) {
      if (relatedTo(key, [...before, ...keys]).every((other) => out.has(other))) throw error;
    }
    return wrapped.flat();
  }
}

type Call = <Method extends keyof Replies>(
  method: Method, key: KeyArn, request: GenerateDataKeyRequest, input: Input<Method>,
) => Promise<BytesOf<Replies[Method]>>;

/** Gives a member of a reply, when it has that length. */
type BytesOf<Member> = (member: Member, length?: number) => Uint8Array;

/** What each method answers with, beside the key's ARN. */
interface Replies {
  generateDataKey: 'Plaintext' | 'CiphertextBlob';
  encrypt: 'CiphertextBlob';
  decrypt: 'Plaintext';
}

interface Reply {
  readonly KeyId?: string;
  readonly Plaintext?: Uint8Array;
  readonly CiphertextBlob?: Uint8Array;
}

/** What a call takes beside what all calls have. */
type Input<Method extends keyof Replies> = Omit<Parameters<KmsPort[Method]>[0], 'KeyId' | 'EncryptionContext' | 'GrantTokens'>;
