import { failure, invalid } from '../errors';
import type { AlgorithmSuite } from './suites';
import { quoted } from '../text';

/**
 * Which messages are written and read, by whether their suite commits to the data key. Without commitment somebody who
 * chooses the data keys can make one message that opens to two plaintexts. The names are those of every AWS Encryption SDK.
 *
 * - `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`: committing suites only. The safe choice, and the default.
 * - `REQUIRE_ENCRYPT_ALLOW_DECRYPT`: also reads suites of version 1, while such messages are around.
 * - `FORBID_ENCRYPT_ALLOW_DECRYPT`: reads every suite and writes none, since what is written here always commits.
 */
export type CommitmentPolicy = typeof POLICIES[number];

const POLICIES = ['REQUIRE_ENCRYPT_REQUIRE_DECRYPT', 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', 'FORBID_ENCRYPT_ALLOW_DECRYPT'] as const;

/** @throws `ERR_KEYSMITH_INPUT` for a policy that is none of the three */
export const commitmentPolicy = (policy: CommitmentPolicy = POLICIES[0]): CommitmentPolicy => {
  if (POLICIES.includes(policy)) return policy;
  throw invalid(`'commitmentPolicy' takes ${quoted(POLICIES)}, got ${quoted(policy)}`);
};

/** @throws `ERR_KEYSMITH_COMMITMENT_POLICY` when the policy keeps messages of this suite from being read */
export const allowDecrypt = (policy: CommitmentPolicy, { commitsKey, name }: AlgorithmSuite): void => {
  if (!commitsKey) refuse(POLICIES[0], policy, `reads no ${name}`);
};

/** @throws `ERR_KEYSMITH_COMMITMENT_POLICY` when the policy keeps committing suites from being written */
export const allowEncrypt = (policy: CommitmentPolicy): void => refuse(POLICIES[2], policy, 'writes no suite that commits');

const refuse = (refusing: CommitmentPolicy, policy: CommitmentPolicy, what: string): void => {
  if (policy === refusing) throw failure('COMMITMENT_POLICY', `${policy} ${what}`);
};
