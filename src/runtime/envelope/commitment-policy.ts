import { failure, refuseInput } from '../errors';
import { messageKey } from './message-key';
import type { MessageKey } from './message-key';
import { COMMITTING_SUITES } from './suites';
import type { AlgorithmSuite, Suites } from './suites';
import { VERSION_1 } from './version-1';

/** A version of the message format: its suites, and the keys of a message from its data key. */
export interface MessageFormat {
  readonly suites: Suites;
  readonly messageKey: (suite: AlgorithmSuite, dataKey: Uint8Array, messageId: Buffer) => MessageKey;
}

/** What is read, by version. */
export interface Formats<Format> {
  readonly formats: Readonly<Record<number, Format | undefined>>;
}

/**
 * Which messages are written and read, by whether their suite commits to the data key. Without commitment somebody who
 * chooses the data keys can make one message that opens to two plaintexts. The names are those of every AWS Encryption SDK.
 *
 * Policies are imported, not named: what reads messages without commitment is not even part of a program that does not ask for it.
 */
export interface CommitmentPolicy extends Formats<MessageFormat> {
  /** Throws, where nothing may be written. */
  readonly refuseEncryption?: () => never;
}

const VERSION_2: MessageFormat = { suites: COMMITTING_SUITES, messageKey };
const BOTH_VERSIONS = { 1: VERSION_1, 2: VERSION_2 };

/** Committing suites only. The safe choice, and the default. */
export const REQUIRE_ENCRYPT_REQUIRE_DECRYPT: CommitmentPolicy = { formats: { 2: VERSION_2 } };

/** Also reads the suites of version 1, while such messages are around. */
export const REQUIRE_ENCRYPT_ALLOW_DECRYPT: CommitmentPolicy = { formats: BOTH_VERSIONS };

/** Reads every suite and writes none, since what is written here always commits. */
export const FORBID_ENCRYPT_ALLOW_DECRYPT: CommitmentPolicy = {
  formats: BOTH_VERSIONS,
  refuseEncryption: () => {
    throw failure('COMMITMENT_POLICY', 'FORBID_ENCRYPT_ALLOW_DECRYPT writes no suite that commits');
  },
};

/** @throws `ERR_KEYSMITH_INPUT` for what is none of the policies, such as the name of one */
export const commitmentPolicy = (given = REQUIRE_ENCRYPT_REQUIRE_DECRYPT): CommitmentPolicy => (
  Object(given).formats ? given : refuseInput("'commitmentPolicy' takes an exported policy, not its name")
);

/** The format of this version. @throws `ERR_KEYSMITH_COMMITMENT_POLICY` when the policy does not read it */
export const formatOf = <Format>({ formats }: Formats<Format>, version: number): Format => {
  const format = formats[version];
  if (format) return format;
  throw failure('COMMITMENT_POLICY', "version 1 takes 'commitmentPolicy' REQUIRE_ENCRYPT_ALLOW_DECRYPT");
};
