import { noneOpened } from './envelope/keyrings/outcomes';
import { KMS_UNAVAILABLE, isKeysmithError } from './errors';
import { requireKeyArn } from './key-arn';

/**
 * The keys that may have made a ciphertext: the active one first, then older ones.
 *
 * @throws `ERR_KEYSMITH_INPUT` for what is no key ARN
 */
export const keysToOpen = (keyArn: string, previousKeyArns: readonly string[] = [], where: string): string[] => (
  [keyArn, ...previousKeyArns].map((arn) => requireKeyArn(arn, where))
);

/**
 * What the first key opens that made the ciphertext. KMS tells of a ciphertext by another key that it is not authentic, so that the next
 * one is asked; it is asked too where a key is disabled or not the caller's, but not where KMS does not answer.
 *
 * @throws the reason of the signal; else the error of the one key that there is; of several, the one that decides, with each in its cause
 */
export const openedByFirst = async <Opened>(
  keyArns: readonly string[], abortSignal: AbortSignal | undefined, open: (keyArn: string) => Promise<Opened>,
): Promise<Opened> => {
  const failures: unknown[] = [];
  for (const keyArn of keyArns) {
    try {
      return await open(keyArn);
    } catch (error) {
      abortSignal?.throwIfAborted();
      failures.push(error);
      if (isKeysmithError(error) && error.code.endsWith(KMS_UNAVAILABLE)) break;
    }
  }
  throw failures.length > 1 ? noneOpened(failures) : failures[0];
};
