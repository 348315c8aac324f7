import { badInput, failure } from './failures';
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

export function checkCommitmentPolicy(policy: CommitmentPolicy): CommitmentPolicy {
  if (/^(REQUIRE_ENCRYPT_(REQUIRE|ALLOW)|FORBID_ENCRYPT_ALLOW)_DECRYPT$/.test(policy)) return policy;
  throw badInput(`'commitmentPolicy' takes the names of the AWS Encryption SDK, such as REQUIRE_ENCRYPT_REQUIRE_DECRYPT, got ${JSON.stringify(policy)}`);
}

/** @throws `ERR_KEYSMITH_COMMITMENT_POLICY` when the policy keeps messages of this suite from being read */
export function allowDecrypt(policy: CommitmentPolicy, suite: AlgorithmSuite): void {
  if (!suite.commitsKey && policy === 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT') refuse(policy, `reads no ${suite.name}`);
}

/** @throws `ERR_KEYSMITH_COMMITMENT_POLICY` when the policy keeps committing suites from being written */
export function allowEncrypt(policy: CommitmentPolicy): void {
  if (policy === 'FORBID_ENCRYPT_ALLOW_DECRYPT') refuse(policy, 'writes nothing here, where every message commits to its key');
}

function refuse(policy: CommitmentPolicy, what: string): void {
  throw failure('COMMITMENT_POLICY', `commitment policy ${policy} ${what}`);
}
