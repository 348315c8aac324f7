import { Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { JwksEndpoint, SigningApi, SigningAuthorizer, SigningKey, SigningRoute } from '../../src';
import { HANDLER_LIMITS, handlerKms } from '../../src/handlers/handler-kms';

const { attemptTimeoutMs, maxAttempts } = HANDLER_LIMITS;
/** Milliseconds after which a call that KMS does not answer has ended: tries, and a wait of up to half a second between them. */
const LONGEST = attemptTimeoutMs * maxAttempts + 500 * (maxAttempts - 1);
const call = { KeyId: 'arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555' };
const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'x' };

test('a call that KMS does not answer ends after as many tries', async () => {
  let tries = 0;
  const fetch = (async () => {
    tries++;
    return new Promise(() => {});
  }) as typeof globalThis.fetch;
  const kms = handlerKms({ region: 'eu-west-1', credentials, fetch, attemptTimeoutMs: 10 });
  await expect(kms.getPublicKey(call)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(tries).toBe(maxAttempts);
});

test('before Lambda ends the functions: two calls one after the other are the most that a request takes', () => {
  const stack = new Stack();
  const key = new SigningKey(stack, 'Key');
  const route = SigningRoute.jwt({ path: '/t', audiences: ['a'], claims: [], lifetime: Duration.minutes(1) });
  new SigningApi(stack, 'Api', { key, authorizer: SigningAuthorizer.iam(), routes: [route] });
  new JwksEndpoint(stack, 'Jwks', { keys: [key] });
  const timeouts = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties.Timeout as number);
  expect(timeouts.sort()).toEqual([10, 15]);
  expect(2 * LONGEST).toBeLessThan(Math.min(...timeouts) * 1000);
});
