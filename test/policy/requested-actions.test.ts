import { escalates, spellOut } from '../../src/policy/requested-actions';
import type { KeyUsageName } from '../../src/spec/key-specs';

describe('actions asked of grant(…) are spelled out', () => {
  test.each<[string[], KeyUsageName, string[]]>([
    [['kms:Decrypt'], 'ENCRYPT_DECRYPT', ['kms:Decrypt']],
    [['KMS:decrypt'], 'ENCRYPT_DECRYPT', ['kms:Decrypt']],
    [['kms:GenerateDataKey*'], 'ENCRYPT_DECRYPT', ['kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext']],
    [['kms:ReEncrypt*', 'kms:ReEncryptTo'], 'ENCRYPT_DECRYPT', ['kms:ReEncryptFrom', 'kms:ReEncryptTo']],
    [['kms:De*'], 'ENCRYPT_DECRYPT', ['kms:Decrypt', 'kms:DescribeKey', 'kms:DeleteAlias']],
    [['kms:De*'], 'SIGN_VERIFY', ['kms:DescribeKey', 'kms:DeleteAlias']],
    [['kms:?ign', 'kms:DescribeKey'], 'SIGN_VERIFY', ['kms:Sign', 'kms:DescribeKey']],
  ])('%j of a key for %s', (asked, usage, actions) => expect(spellOut(asked, usage, 'the key').sort()).toEqual([...actions].sort()));

  test.each<[string[], KeyUsageName, RegExp]>([
    [['kms:*'], 'ENCRYPT_DECRYPT', /'kms:\*' would let the grantee of the key give itself everything \(kms:PutKeyPolicy\): name the duties one by one/],
    [['*'], 'ENCRYPT_DECRYPT', /would let the grantee of the key give itself everything/],
    [['kms:Put*'], 'SIGN_VERIFY', /kms:PutKeyPolicy\): .* policyOwners/],
    [['kms:Create*'], 'SIGN_VERIFY', /kms:CreateGrant\): .* forService/],
    [['kms:CreateGrant'], 'ENCRYPT_DECRYPT', /kms:CreateGrant/],
    [['kms:Decrypt', 'kms:ReplicateKey'], 'ENCRYPT_DECRYPT', /'kms:ReplicateKey' would .* multi-Region/],
    [['kms:Sign'], 'ENCRYPT_DECRYPT', /'kms:Sign' is nothing that the key can do: its key usage is ENCRYPT_DECRYPT/],
    [['kms:Encrypt'], 'SIGN_VERIFY', /'kms:Encrypt' is nothing that the key can do/],
    [['kms:Decript'], 'ENCRYPT_DECRYPT', /'kms:Decript' matches no KMS action on a key/],
    [['s3:GetObject'], 'ENCRYPT_DECRYPT', /'s3:GetObject' matches no KMS action/],
  ])('%j of a key for %s is refused', (asked, usage, message) => expect(() => spellOut(asked, usage, 'the key')).toThrow(message));
});

describe('a pattern that takes in what hands out everything', () => {
  test.each([
    ['kms:*', 'kms:PutKeyPolicy'],
    ['*', 'kms:PutKeyPolicy'],
    ['kms:CreateGran?', 'kms:CreateGrant'],
    ['kms:Replicate*', 'kms:ReplicateKey'],
    ['kms:CreateAlias', undefined],
    ['kms:Get*', undefined],
  ])('%s: %s', (pattern, escalation) => expect(escalates(pattern)).toBe(escalation));
});
