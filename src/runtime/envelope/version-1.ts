import { NO_BYTES, uint16, wipe } from './bytes';
import type { MessageFormat } from './commitment-policy';
import { VERSION_1_SUITES } from './version-1-suites';
import { expand, extract, infoOf } from '../hkdf';

/**
 * How version 1 of the message format, which is read and not written, makes the keys of a message. Only the
 * commitment policies that read it refer to it, so that it is in no bundle without one of them.
 * aws-encryption-sdk-specification, framework/algorithm-suites.md.
 */

/** The message id is info here, where it is the salt in suites that commit; without HKDF the data key itself encrypts. */
const messageKey: MessageFormat['messageKey'] = (suite, dataKey, messageId) => {
  const { id, kdfHash, dataKeyBytes } = suite;
  if (!kdfHash) return { suite, messageId, bytes: Buffer.from(dataKey), commitment: NO_BYTES };
  const prk = extract(kdfHash, NO_BYTES, dataKey);
  const bytes = expand(kdfHash, prk, dataKeyBytes, infoOf(uint16(id), messageId));
  wipe(prk);
  return { suite, messageId, bytes, commitment: NO_BYTES };
};

export const VERSION_1: MessageFormat = { suites: VERSION_1_SUITES, messageKey };
