import { NumberValue } from '@aws-sdk/lib-dynamodb';
import { BlindIndexes, createEnvelopeCipher, createRecordCipher, DataKeyCache, INDEX_SECRET_CONTEXT, KmsKeyring } from 'cdk-keysmith/runtime';
import type { Keyring, KmsPort, RecordCipher } from 'cdk-keysmith/runtime';

/** A card as the application sees it, whatever the table. */
export interface Card {
  readonly tenant: string;
  /** Whole, and with more digits than a JavaScript number has. */
  readonly id: bigint;
  readonly number: string;
  readonly holder: string;
}

/** What goes with each call for a row: its data key is bound to the tenant, by KMS and in CloudTrail. */
export const contextOf = ({ tenant }: Pick<Card, 'tenant'>): { encryptionContext: Record<string, string> } => ({ encryptionContext: { tenant } });

/** Opens the secret of the index: under a key, and an encryption context, of its own. */
export const indexSecretCipher = (kms: KmsPort, keyArn: string) => (
  createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn }), encryptionContext: INDEX_SECRET_CONTEXT })
);

/** Card numbers with and without spaces are the same to a search. */
const digits = (value: unknown): string => String(value).replace(/\D/g, '');

export interface CardCipherOptions {
  readonly keyring: Keyring;
  readonly kms: KmsPort;
  readonly indexKeyArn: string;
  readonly indexSecret: Uint8Array;
}

/** Encrypts number and holder of a card, and makes the number searchable within a tenant. */
export function cardCipher({ keyring, kms, indexKeyArn, indexSecret }: CardCipherOptions): RecordCipher {
  return createRecordCipher({
    keyring,
    cache: new DataKeyCache(),
    encryptionContext: { Project: 'Payments' },
    contextKeys: ['tenant'],
    table: 'cards',
    recordKey: ['tenant', 'id'],
    // SQL drivers return bigint as text, DynamoDB's document client as a NumberValue: the same key.
    keyTypes: { id: 'number' },
    fields: ['number', 'holder'],
    indexedFields: { number_index: 'number' },
    indexPartition: 'tenant',
    blindIndexes: new BlindIndexes({
      cipher: indexSecretCipher(kms, indexKeyArn), secret: indexSecret, table: 'cards', indexes: { number_index: { bits: 128, normalize: digits } },
    }),
    wrapNumber: NumberValue.from,
  });
}
