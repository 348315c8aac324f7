import { invalid } from './errors';
import { typeName } from './text';

/** A key ARN, taken apart. */
export interface KeyArn {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly keyId: string;
}

const KEY_ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):key\/([A-Za-z0-9-]+)$/;

/** The parts of a key ARN; undefined for anything else, an alias ARN included. */
export function parseKeyArn(text: string): KeyArn | undefined {
  const [arn, partition, region, account, keyId] = KEY_ARN.exec(text) ?? [];
  return arn === undefined ? undefined : { arn, partition, region, account, keyId };
}

/**
 * The parts of what must be a key ARN. KMS answers with the ARN of the key it used, and only an ARN can be compared
 * with it: a key id or an alias means whatever the caller's account and Region make of it.
 *
 * @throws `ERR_KEYSMITH_INPUT` for anything else
 */
export function keyArnOf(given: unknown, where: string): KeyArn {
  const parsed = typeof given === 'string' ? parseKeyArn(given) : undefined;
  if (parsed) return parsed;
  const seen = typeof given === 'string' ? JSON.stringify(given) : `of type ${typeName(given)}`;
  throw invalid(`${where} is ${seen}: give a key ARN, arn:aws:kms:region:account:key/id`);
}

/** The key ARN, unchanged. @throws `ERR_KEYSMITH_INPUT` for anything else */
export function requireKeyArn(given: unknown, where: string): string {
  return keyArnOf(given, where).arn;
}
