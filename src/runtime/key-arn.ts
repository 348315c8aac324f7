import { refuseInput } from './errors';
import { ofType, quoted } from './text';

/** A key ARN, and the parts of it that decide where it lives and what it is related to. */
export interface KeyArn {
  readonly arn: string;
  readonly region: string;
  readonly keyId: string;
}

const KEY_ARN = /^(?<arn>arn:aws[a-z-]*:kms:(?<region>[a-z0-9-]+):\d{12}:key\/(?<keyId>[A-Za-z0-9-]+))$/;

/** The parts of a key ARN; undefined for anything else, an alias ARN included. */
export const parseKeyArn = (text: string): KeyArn | undefined => KEY_ARN.exec(text)?.groups as KeyArn | undefined;

/**
 * The parts of what must be a key ARN. KMS answers with the ARN of the key it used, and only an ARN can be compared
 * with it: a key id or an alias means whatever the caller's account and Region make of it.
 *
 * @throws `ERR_KEYSMITH_INPUT` for anything else
 */
export const keyArnOf = (given: unknown, where: string): KeyArn => {
  const isText = typeof given === 'string';
  return (isText && parseKeyArn(given)) || refuseInput(`${where} is ${isText ? quoted(given) : ofType(given)}: give arn:aws:kms:region:account:key/id`);
};

/** The key ARN, unchanged. @throws `ERR_KEYSMITH_INPUT` for anything else */
export const requireKeyArn = (given: unknown, where: string): string => {
  return keyArnOf(given, where).arn;
};
