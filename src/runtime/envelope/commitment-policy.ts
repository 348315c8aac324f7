import { KeysmithError } from '../errors';
import { badInput } from './failures';
import type { AlgorithmSuite } from './suites';

/**
 * Which messages are written and read, by whether their suite commits to the data key. Without commitment somebody who
 * chooses the data keys can make one message that opens to two plaintexts. The names are those of every AWS Encryption SDK.
 *
 * - `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`: committing suites only. The safe choice, and the default.
 * - `REQUIRE_ENCRYPT_ALLOW_DECRYPT`: also reads suites of version 1, while such messages are around.
 * - `FORBID_ENCRYPT_ALLOW_DECRYPT`: reads every suite and writes none, since what is written here always commits.
 */
export type CommitmentPolicy = 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' | 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' | 'FORBID_ENCRYPT_ALLOW_DECRYPT';

const POLICIES: readonly CommitmentPolicy[] = ['REQUIRE_ENCRYPT_REQUIRE_DECRYPT', 'REQUIRE_ENCRYPT_ALLOW_DECRYPT', 'FORBID_ENCRYPT_ALLOW_DECRYPT'];

export function checkCommitmentPolicy(policy: CommitmentPolicy): CommitmentPolicy {
  if (!POLICIES.includes(policy)) throw badInput(`'commitmentPolicy' takes ${POLICIES.join(', ')}, got ${JSON.stringify(policy)}`);
  return policy;
}

/** @throws `ERR_KEYSMITH_COMMITMENT_POLICY` when the policy keeps messages of this suite from being read */
export function allowDecrypt(policy: CommitmentPolicy, suite: AlgorithmSuite): void {
  if (suite.commitsKey || policy !== 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT') return;
  throw refused(`the message was made with ${suite.name}, which does not commit to its data key: commitment policy ${policy} does not read it`);
}

/** @throws `ERR_KEYSMITH_COMMITMENT_POLICY` when the policy keeps committing suites from being written */
export function allowEncrypt(policy: CommitmentPolicy): void {
  if (policy !== 'FORBID_ENCRYPT_ALLOW_DECRYPT') return;
  throw refused(`messages are written with key commitment only, which commitment policy ${policy} forbids`);
}

function refused(message: string): KeysmithError {
  return new KeysmithError('ERR_KEYSMITH_COMMITMENT_POLICY', message);
}
