import { asBuffer } from '../bytes';
import { badInput } from '../failures';
import type { EncryptedDataKey } from '../keyring';

/** Provider id of data keys under symmetric KMS keys. */
export const KMS_PROVIDER_ID = 'aws-kms';

/** The parts of a KMS key ARN. aws-encryption-sdk-specification, framework/aws-kms/aws-kms-key-arn.md. */
export interface KeyArn {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly keyId: string;
}

const KEY_ARN = /^arn:([^:]+):kms:([^:]+):([^:]+):key\/(.+)$/;

/** The parts, unless it is something else: an alias, a bare id, another service. */
export function parseKeyArn(arn: string): KeyArn | undefined {
  const [, partition, region, account, keyId] = KEY_ARN.exec(arn) ?? [];
  return keyId === undefined ? undefined : { arn, partition, region, account, keyId };
}

/** @throws `ERR_KEYSMITH_INPUT` for what is not a key ARN */
export function keyArnOf(arn: string): KeyArn {
  const parsed = parseKeyArn(arn);
  if (!parsed) throw badInput(`${JSON.stringify(arn)} is not the ARN of a KMS key: an alias or id may come to mean another key`);
  return parsed;
}

/** Whether two ARNs name one key, or related multi-Region keys, which share their material (aws-kms-mrk-match-for-decrypt.md). */
export function opensFor(configured: KeyArn, named: KeyArn): boolean {
  if (configured.arn === named.arn) return true;
  return configured.keyId.startsWith('mrk-') && configured.keyId === named.keyId
    && configured.account === named.account && configured.partition === named.partition;
}

/** The key that an encrypted data key of this provider says it is under. */
export function namedKey({ providerId, providerInfo }: EncryptedDataKey, provider: string): KeyArn | undefined {
  return providerId === provider ? parseKeyArn(asBuffer(providerInfo).toString('utf8')) : undefined;
}
