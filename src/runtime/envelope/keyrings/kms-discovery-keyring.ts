import { invalid } from '../../errors';
import type { KeyArn } from '../../key-arn';
import { callKms } from '../../kms-errors';
import type { KmsPort } from '../../kms-port';
import { replyBytes } from '../../kms-reply';
import { quoted } from '../../text';
import { knownOptions } from '../../whole-numbers';
import type { DecryptDataKeyRequest, EncryptedDataKey, GeneratedDataKey, Keyring } from '../keyring';
import { clientsByRegion } from './kms-clients';
import type { KmsClients } from './kms-clients';
import { knownRegions } from './known-regions';
import { KMS_PROVIDER_ID, namedKey } from './named-key';
import { noKeyFor } from './no-key';
import { fewPerKey, firstSuccess } from './outcomes';

/** Whose keys a discovery keyring may call. */
export interface KmsDiscoveryKeyringOptions {
  /** The KMS client, or a function that makes one for a Region (asked once for each). */
  readonly kms: KmsClients;
  /** `aws`, `aws-cn`, `aws-us-gov` … */
  readonly partition: string;
  /** The accounts whose keys may be called; at least one. */
  readonly accounts: readonly string[];
  /**
   * The Regions that may be called, in the order of preference; at least one. A message under a multi-Region key of
   * another Region is opened through the related key in the first of them. Name the client's own when `kms` is one client.
   *
   * @default - the Regions of the partition that this version knows, the own one (`AWS_REGION`) first
   */
  readonly regions?: readonly string[];
  /** @default - none */
  readonly grantTokens?: readonly string[];
}

/**
 * Opens messages under whatever key they name, within a partition, accounts and maybe Regions: for readers that cannot
 * know the keys beforehand. It cannot write. Prefer `KmsKeyring`: here the message chooses the key.
 * aws-encryption-sdk-specification, framework/aws-kms/aws-kms-discovery-keyring.md and aws-kms-mrk-discovery-keyring.md.
 */
export class KmsDiscoveryKeyring implements Keyring {
  readonly #options: KmsDiscoveryKeyringOptions;
  readonly #clientFor: (region: string) => KmsPort;

  readonly #regions: readonly string[];

  /** @throws `ERR_KEYSMITH_INPUT` for a filter that is empty, and for a partition whose Regions are not known and not named */
  constructor(options: KmsDiscoveryKeyringOptions) {
    knownOptions(options, ['kms', 'partition', 'accounts', 'regions', 'grantTokens']);
    if (!options.partition) throw invalid("'partition' is empty: name the partition whose keys may be called, such as aws");
    if (options.accounts.length === 0) throw invalid("'accounts' is empty: name the accounts whose keys may be called");
    if (options.regions?.length === 0) throw invalid("'regions' is empty: name the Regions that may be called");
    const regions = options.regions ?? knownRegions(options.partition);
    if (!regions) throw invalid(`the Regions of partition ${quoted(options.partition)} are not known here: name those that may be called in 'regions'`);
    this.#regions = [...regions];
    this.#options = { ...options, accounts: [...options.accounts], regions: options.regions && this.#regions };
    this.#clientFor = clientsByRegion(options.kms);
  }

  public async generateDataKey(): Promise<GeneratedDataKey> {
    throw cannotWrite();
  }

  public async wrapDataKey(): Promise<EncryptedDataKey[]> {
    throw cannotWrite();
  }

  public async decryptDataKey({ suite, context, encryptedDataKeys, abortSignal }: DecryptDataKeyRequest): Promise<Uint8Array> {
    const { partition, accounts, regions, grantTokens } = this.#options;
    const attempts = encryptedDataKeys.flatMap((edk) => this.#keyFor(edk).map((key) => ({ edk, ...key })));
    if (attempts.length === 0) {
      const where = regions ? `Regions ${regions.join(', ')}` : 'the Regions that are known here';
      throw noKeyFor(encryptedDataKeys, `keys of ${partition}, accounts ${accounts.join(', ')}, ${where}`);
    }
    const preference = ({ region }: { readonly region: string }) => this.#regions.indexOf(region);
    attempts.sort((one, other) => preference(one) - preference(other));
    return firstSuccess(fewPerKey(attempts, ({ arn }) => arn), abortSignal, async ({ edk, arn, region }) => {
      const reply = await callKms('Decrypt', abortSignal, (call) => this.#clientFor(region).decrypt({
        KeyId: arn,
        CiphertextBlob: edk.ciphertext,
        EncryptionContext: context,
        GrantTokens: grantTokens?.length ? [...grantTokens] : undefined,
      }, call));
      return replyBytes('Decrypt', reply, arn, 'Plaintext', suite.dataKeyBytes, suite.dataKeyBytes);
    });
  }

  /** The key to call for an encrypted data key, if the filter lets it be called. */
  #keyFor(edk: EncryptedDataKey): Array<Pick<KeyArn, 'arn' | 'region'>> {
    const { partition, accounts, regions } = this.#options;
    const named = namedKey(edk, KMS_PROVIDER_ID);
    const [, itsPartition, , , itsAccount] = named?.arn.split(':') ?? [];
    if (!named || itsPartition !== partition || !accounts.includes(itsAccount)) return [];
    if (this.#regions.includes(named.region)) return [named];
    if (!regions || !named.keyId.startsWith('mrk-')) return [];
    const [region] = regions;
    return [{ region, arn: named.arn.replace(`:${named.region}:`, `:${region}:`) }];
  }
}

function cannotWrite(): Error {
  return invalid('a discovery keyring only opens messages: write them with a KmsKeyring that names its keys');
}
