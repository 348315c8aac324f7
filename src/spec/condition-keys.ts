import { CROSS_ACCOUNT_ACTIONS, CUSTOM_KEY_STORE_ACTIONS, KEY_ACTIONS } from './action-resources';
import { DELETION_WINDOW_DAYS, ROTATION_DAYS } from './limits';

/**
 * Every condition key of KMS, and the actions it exists on. On any other action the key is absent: a statement that asks for it there
 * allows nothing.
 *
 * Sources: Service Authorization Reference, "Condition keys for AWS Key Management Service"; KMS Developer Guide, "Condition keys for
 * AWS KMS" and "AWS KMS condition keys for attested platforms"; KMS API Reference for the parameters.
 */

/** How the values of a key compare. `strings` is the one kind with several values in one request. */
export type ConditionKeyType = 'string' | 'strings' | 'bool' | 'numeric' | 'date' | 'arn';

/** Where the value of a key comes from. */
export type ConditionKeySource = 'request' | 'key' | 'caller' | 'encryption context' | 'attestation';

/** What is known of one condition key. */
export interface ConditionKeyFacts {
  readonly type: ConditionKeyType;
  /** The actions whose requests carry the key. */
  readonly actions: readonly string[];
  readonly source: ConditionKeySource;
  /** The request parameter it repeats, where it repeats one; `Constraints.SourceArn` is a member of one. */
  readonly parameter?: string;
  /** Its value where the request says nothing. Without a default it is absent then. */
  readonly default?: string;
  /** Whether AWS leaves open that the default takes part ("Conditions for an API operation request" says so of all, examples say otherwise). */
  readonly defaultDoubtful?: boolean;
  /** Whether only IAM policies may use it: AWS says "not supported in key policies". */
  readonly identityPoliciesOnly?: boolean;
  /** Whether AWS's pages disagree on what several values in one condition mean. */
  readonly severalValuesDisputed?: boolean;
}

const CREATE_OR_KEY = ['kms:CreateKey', ...KEY_ACTIONS] as const;
const DATA_KEY_PAIRS = ['kms:GenerateDataKeyPair', 'kms:GenerateDataKeyPairWithoutPlaintext'] as const;
const ENCRYPTION = [
  'kms:Encrypt', 'kms:Decrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext',
  ...DATA_KEY_PAIRS,
] as const;
const WITH_CONTEXT = [...ENCRYPTION, 'kms:CreateGrant', 'kms:RetireGrant'] as const;
const GRANT_MANAGEMENT = ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant', 'kms:RetireGrant', 'kms:GetKeyRotationStatus'];
/** Those that work on a key and take an alias in place of its id: the cryptographic operations, DescribeKey and GetPublicKey. */
const BY_ALIAS = CROSS_ACCOUNT_ACTIONS.filter((action) => !GRANT_MANAGEMENT.includes(action));
const ATTESTED = ['kms:Decrypt', 'kms:DeriveSharedSecret', 'kms:GenerateDataKey', 'kms:GenerateDataKeyPair', 'kms:GenerateRandom'] as const;

type Rest = Partial<Omit<ConditionKeyFacts, 'type' | 'actions' | 'source'>>;
const of = (source: ConditionKeySource) => (type: ConditionKeyType, actions: readonly string[], rest: Rest = {}): ConditionKeyFacts =>
  ({ type, actions, source, ...rest });
const request = of('request');
const key = of('key');
const caller = of('caller');

/** The condition keys with a fixed name. */
export const CONDITION_KEYS: Readonly<Record<string, ConditionKeyFacts>> = {
  'kms:BypassPolicyLockoutSafetyCheck': request('bool', ['kms:CreateKey', 'kms:PutKeyPolicy'], { parameter: 'BypassPolicyLockoutSafetyCheck' }),
  'kms:CallerAccount': caller('string', [...CREATE_OR_KEY, ...CUSTOM_KEY_STORE_ACTIONS]),
  'kms:CustomerMasterKeySpec': key('string', CREATE_OR_KEY),
  'kms:CustomerMasterKeyUsage': key('string', CREATE_OR_KEY),
  'kms:DataKeyPairSpec': request('string', DATA_KEY_PAIRS, { parameter: 'KeyPairSpec' }),
  'kms:EncryptionAlgorithm': request('string', ENCRYPTION, { parameter: 'EncryptionAlgorithm', default: 'SYMMETRIC_DEFAULT' }),
  'kms:EncryptionContextKeys': of('encryption context')('strings', WITH_CONTEXT),
  'kms:ExpirationModel': request('string', ['kms:ImportKeyMaterial'], { parameter: 'ExpirationModel' }),
  'kms:GrantConstraintSourceArn': request('arn', ['kms:CreateGrant'], { parameter: 'Constraints.SourceArn' }),
  'kms:GrantConstraintType': request('string', ['kms:CreateGrant', 'kms:RetireGrant']),
  'kms:GrantIsForAWSResource': request('bool', ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'], { default: 'false' }),
  'kms:GrantOperations': request('strings', ['kms:CreateGrant'], { parameter: 'Operations' }),
  'kms:GranteePrincipal': request('string', ['kms:CreateGrant'], { parameter: 'GranteePrincipal' }),
  'kms:GranteeServicePrincipal': request('string', ['kms:CreateGrant'], { parameter: 'GranteeServicePrincipal' }),
  'kms:KeyAgreementAlgorithm': request('string', ['kms:DeriveSharedSecret'], { parameter: 'KeyAgreementAlgorithm' }),
  'kms:KeyOrigin': key('string', CREATE_OR_KEY),
  'kms:KeySpec': key('string', CREATE_OR_KEY),
  'kms:KeyUsage': key('string', CREATE_OR_KEY),
  'kms:MacAlgorithm': request('string', ['kms:GenerateMac', 'kms:VerifyMac'], { parameter: 'MacAlgorithm', severalValuesDisputed: true }),
  'kms:MessageType': request('string', ['kms:Sign', 'kms:Verify'], { parameter: 'MessageType', default: 'RAW' }),
  'kms:MultiRegion': key('bool', CREATE_OR_KEY),
  'kms:MultiRegionKeyType': key('string', CREATE_OR_KEY),
  'kms:PrimaryRegion': request('string', ['kms:UpdatePrimaryRegion'], { parameter: 'PrimaryRegion' }),
  'kms:ReEncryptOnSameKey': request('bool', ['kms:ReEncryptFrom', 'kms:ReEncryptTo']),
  'kms:ReplicaRegion': request('string', ['kms:ReplicateKey'], { parameter: 'ReplicaRegion' }),
  'kms:RequestAlias': request('string', BY_ALIAS),
  'kms:ResourceAliases': key('strings', KEY_ACTIONS, { identityPoliciesOnly: true }),
  'kms:RetiringPrincipal': request('string', ['kms:CreateGrant'], { parameter: 'RetiringPrincipal' }),
  'kms:RetiringServicePrincipal': request('string', ['kms:CreateGrant'], { parameter: 'RetiringServicePrincipal' }),
  'kms:RotationPeriodInDays': request('numeric', ['kms:EnableKeyRotation'], {
    parameter: 'RotationPeriodInDays', default: String(ROTATION_DAYS.default), defaultDoubtful: true,
  }),
  'kms:ScheduleKeyDeletionPendingWindowInDays': request('numeric', ['kms:ScheduleKeyDeletion'], {
    parameter: 'PendingWindowInDays', default: String(DELETION_WINDOW_DAYS.default), defaultDoubtful: true,
  }),
  'kms:SigningAlgorithm': request('string', ['kms:Sign', 'kms:Verify'], { parameter: 'SigningAlgorithm' }),
  'kms:TrailingDaysWithoutKeyUsage': request('numeric', ['kms:ScheduleKeyDeletion', 'kms:DisableKey']),
  'kms:ValidTo': request('date', ['kms:ImportKeyMaterial'], { parameter: 'ValidTo' }),
  'kms:ViaService': caller('string', CREATE_OR_KEY),
  'kms:WrappingAlgorithm': request('string', ['kms:GetParametersForImport'], { parameter: 'WrappingAlgorithm' }),
  'kms:WrappingKeySpec': request('string', ['kms:GetParametersForImport'], { parameter: 'WrappingKeySpec' }),
  'aws:TagKeys': request('strings', ['kms:CreateKey', 'kms:TagResource', 'kms:UntagResource']),
};

/** Prefixes of the condition keys whose name has a part of its own. */
export const CONDITION_KEY_PREFIXES: Readonly<Record<string, ConditionKeyFacts>> = {
  'kms:EncryptionContext:': of('encryption context')('string', WITH_CONTEXT),
  'kms:RecipientAttestation:': of('attestation')('string', ATTESTED),
  'aws:RequestTag/': request('string', ['kms:CreateKey', 'kms:TagResource']),
  'aws:ResourceTag/': key('string', KEY_ACTIONS, { identityPoliciesOnly: true }),
};

const BY_NAME = new Map(Object.entries(CONDITION_KEYS).map(([name, facts]) => [name.toLowerCase(), facts]));
const BY_PREFIX = Object.entries(CONDITION_KEY_PREFIXES).map(([prefix, facts]) => [prefix.toLowerCase(), facts] as const);

/** The facts of a condition key by its full name, in any case; undefined for those that are not KMS's own (see global-condition-keys.ts). */
export function conditionKeyFacts(name: string): ConditionKeyFacts | undefined {
  const lower = name.toLowerCase();
  return BY_NAME.get(lower) ?? BY_PREFIX.find(([prefix]) => lower.startsWith(prefix))?.[1];
}

/** Whether requests for the action carry the key at all. True for every global key. */
export function existsOn(name: string, action: string): boolean {
  const facts = conditionKeyFacts(name);
  if (!facts) return !name.toLowerCase().startsWith('kms:');
  return facts.actions.includes(action);
}
