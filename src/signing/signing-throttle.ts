import { Token } from 'aws-cdk-lib';
import type { Throttle } from './access-log';
import type { SigningThrottle } from './signing-api';

/** Sign calls a second that KMS does by default, for all keys of RSA, of elliptic curves and of ML-DSA each. KMS Developer Guide, "Request quotas". */
const KMS_QUOTA = 1000;
const DEFAULT_RATE = KMS_QUOTA / 10;

/** What each of the routes may sign: API Gateway counts each by itself, so that each has its share. */
export function signatureRate(given: SigningThrottle | undefined, routes: number, where: string): Throttle {
  const { rateLimit, burstLimit = rateLimit } = given ?? { rateLimit: DEFAULT_RATE };
  for (const [name, limit] of Object.entries({ rateLimit, burstLimit })) {
    if (!Token.isUnresolved(limit) && !(Number.isInteger(limit) && limit >= routes)) {
      throw new Error(`'${where}': ${name} of the throttle is ${limit}: give a whole number, 1 at least for each of the ${routes} routes that share it`);
    }
  }
  const share = (limit: number) => (Token.isUnresolved(limit) ? limit : Math.floor(limit / routes));
  return { rateLimit: share(rateLimit), burstLimit: share(burstLimit) };
}
