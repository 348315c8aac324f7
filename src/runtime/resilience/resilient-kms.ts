import { invalid } from '../errors';
import type { KeyReply } from './attempt';
import { ResilientCalls } from './resilient-call';
import { CLIENT_REGION } from './routes';
import type { Route } from './routes';
import { settingsFrom } from './settings';
import type { ResilientKmsOptions } from './settings';
import { clientsByRegion } from '../envelope/keyrings/kms-clients';
import type { KmsCallOptions, KmsPort } from '../kms-port';

/**
 * KMS that gets over its own faults: every call has a budget of time in which it is tried again, with a limit on each
 * attempt and random waits that grow in between. What KMS refuses is not tried again, and comes through as it is.
 *
 * - Throttling: tried again in the same Region.
 * - Faults of KMS, and of the way to it: tried again, then in the Regions of `replicaRegions` for multi-Region keys.
 *   There the key goes by its ARN of that Region, and the answer must name it; the caller sees the ARN it asked for.
 *   The state of a key is asked for in its own Region only: each replica has its own.
 * - A Region that keeps failing is not asked for a while: calls fail at once, or go on to the next Region.
 *
 * It fits wherever a `KmsPort` does: `fromEnvironment(name, { kms })`, `new KmsKeyring({ kms, keyArn })`. Make one and
 * keep it, outside of the handler: it remembers which Regions are out of order.
 *
 *     const kms = resilientKms({ kms: new KMS({ maxAttempts: 1 }), budgetMs: 2000 });
 *
 * Every method rejects with KMS's own error where another attempt cannot help, and with `ERR_KEYSMITH_KMS_UNAVAILABLE`
 * when the budget is spent or every Region is out of order.
 *
 * @throws `ERR_KEYSMITH_INPUT` for an option that cannot work
 */
export function resilientKms(options: ResilientKmsOptions): KmsPort {
  const calls = new ResilientCalls(settingsFrom(options));
  const clientFor = clientsByRegion(options.kms);
  const clientOn = ({ region, keyId }: Route): KmsPort => {
    if (region !== CLIENT_REGION || typeof options.kms !== 'function') return clientFor(region);
    throw invalid(`${JSON.stringify(keyId)} does not say in which Region the key is: name it by its ARN`);
  };
  const method = <Name extends keyof KmsPort>(name: Name) => (input: { readonly KeyId: string }, given?: KmsCallOptions) => calls.run({
    operation: name[0].toUpperCase() + name.slice(1),
    keyId: input.KeyId,
    // Each related key has a state of its own.
    ofThisKeyOnly: name === 'describeKey',
    abortSignal: given?.abortSignal,
    make: (route, abortSignal) => {
      const client = clientOn(route) as Record<Name, AnyMethod>;
      return client[name]({ ...input, KeyId: route.keyId }, { ...given, abortSignal });
    },
  }) as ReturnType<KmsPort[Name]>;
  return {
    encrypt: method('encrypt'),
    decrypt: method('decrypt'),
    generateDataKey: method('generateDataKey'),
    sign: method('sign'),
    verify: method('verify'),
    describeKey: method('describeKey'),
    getPublicKey: method('getPublicKey'),
  };
}

/** A method of the port whose input is passed on with another name of the key. */
type AnyMethod = (input: { readonly KeyId: string }, options: KmsCallOptions) => Promise<KeyReply>;
