import { KeyAccess } from '../../src';
import { keyAccessMatchers } from '../../src/testing';
import type { KeyAccessMatchers } from '../../src/testing';

declare global {
  namespace jest {
    interface Matchers<R> extends KeyAccessMatchers<R> {}
  }
}

expect.extend(keyAccessMatchers);

const READER = 'arn:aws:iam::111122223333:role/reader';
const OTHER = 'arn:aws:iam::444455556666:role/other';

/** A key under a context, which a principal can decrypt with. */
const keyOf = (principal: unknown) => KeyAccess.fromTemplate({
  Resources: {
    Key: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [{
            Sid: 'Use', Effect: 'Allow', Principal: { AWS: principal }, Action: 'kms:Decrypt', Resource: '*', Condition: { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } },
          }],
        },
      },
    },
  },
});
const key = keyOf(READER);

describe('what holds passes, and its opposite does not', () => {
  test.each<[string, () => void, () => void]>([
    ['onlyAllows', () => expect(key).onlyAllows('kms:Decrypt', READER), () => expect(key).not.onlyAllows('kms:Decrypt', READER)],
    ['requiresContext', () => expect(key).requiresContext('tenant', { value: 'a' }), () => expect(key).not.requiresContext('tenant')],
    ['allowsNobodyOutside', () => expect(key).allowsNobodyOutside('111122223333'), () => expect(key).not.allowsNobodyOutside('111122223333')],
    ['allows', () => expect(key).allows({ principal: READER, action: 'kms:Decrypt', encryptionContext: { tenant: 'a' } }),
      () => expect(key).not.allows({ principal: READER, action: 'kms:Decrypt', encryptionContext: { tenant: 'a' } })],
  ])('%s', (_, written, opposite) => {
    written();
    expect(opposite).toThrow(': holds');
  });
});

describe('what does not hold fails, with the request that shows it, and its opposite passes', () => {
  const shared = keyOf([READER, OTHER]);
  test.each<[string, () => void, () => void, string]>([
    ['onlyAllows', () => expect(shared).onlyAllows('kms:Decrypt', READER), () => expect(shared).not.onlyAllows('kms:Decrypt', READER), `request: {"principal":"${OTHER}"`],
    ['requiresContext', () => expect(key).requiresContext('project'), () => expect(key).not.requiresContext('project'), `request: {"principal":"${READER}"`],
    ['allowsNobodyOutside', () => expect(shared).allowsNobodyOutside('111122223333'), () => expect(shared).not.allowsNobodyOutside('111122223333'), `"principal":"${OTHER}"`],
    ['allows', () => expect(key).allows({ principal: READER, action: 'kms:Decrypt' }), () => expect(key).not.allows({ principal: READER, action: 'kms:Decrypt' }), "nearest: statement 'Use'"],
  ])('%s', (_, written, opposite, said) => {
    expect(written).toThrow(said);
    opposite();
  });
});

test('what cannot be decided fails, and its opposite as well', () => {
  const unknown = keyOf({ Ref: 'Reader' });
  for (const claim of [() => expect(unknown).onlyAllows('kms:Decrypt', READER), () => expect(unknown).not.onlyAllows('kms:Decrypt', READER)]) expect(claim).toThrow('cannot be decided');
});

test.each([[null, 'null'], [{ Resources: {} }, 'object'], ['key', 'string']])('%j is no KeyAccess, and its opposite no excuse', (given, shown) => {
  for (const claim of [() => expect(given).onlyAllows('kms:Decrypt', READER), () => expect(given).not.onlyAllows('kms:Decrypt', READER)]) {
    expect(claim).toThrow(new RegExp(`onlyAllows takes a KeyAccess of cdk-keysmith, got ${shown}`));
  }
});
