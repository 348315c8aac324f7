import { matches } from './support/matcher';
import { EC2_INFRASTRUCTURE, ROOT, event, isRead, nativeEvent, outsider, role, service, user, userWithMfa } from './support/records';
import type { Identity, RecordOptions } from './support/records';
import { rulesOf, shop } from './support/scene';
import { Deployed, HERE, executionRole } from '../support/deployed';

/** What rules see, judged by AWS's own matcher, hits beside near misses: who, what, on which key, and which detectors then tell. */

const { app, data, signatures } = shop();
const deployed = new Deployed(app);
const rules = rulesOf(deployed);
const KEY = deployed.arnOf(data);
const SIGN = deployed.arnOf(signatures);
const OTHER = KEY.replace(/key\/.*/, 'key/0a1b2c3d-other-key');
const ALIAS = `arn:aws:kms:${HERE.region}:${HERE.account}:alias/shop/data`;
const DEPLOYER = role(executionRole().split('/')[1], { through: 'cloudformation' });
const denied = { errorCode: 'AccessDenied', errorMessage: `User: arn:aws:sts::${HERE.account}:assumed-role/stranger/session is not authorized to perform: kms:Decrypt on resource: ${KEY} because no resource-based policy allows the kms:Decrypt action` };

type Row = readonly [what: string, event: object, detectors: readonly string[]];

const use = (eventName: string, by: Identity, options: RecordOptions = {}) => event(eventName, { by, resources: [KEY], ...options });
const USE = ['UngrantedUseShopData'];
const SIGNING = ['UngrantedUseShopSignatures'];
const change = (eventName: string, options: RecordOptions = {}) => event(eventName, { resources: [KEY], ...options });

const ROWS: readonly Row[] = [
  ['a granted role decrypts', use('Decrypt', role('backend', { path: '/shop/' })), []],
  ['a role of its name, with another path', use('Decrypt', role('backend')), USE],
  ['a role whose name begins so', use('Decrypt', role('backend2', { path: '/shop/' })), USE],
  ['a role that was granted after the alarms were made', use('Decrypt', role('late')), []],
  ['a stranger', use('Decrypt', role('stranger')), USE],
  ['a stranger, a record without key id and without types', use('Decrypt', role('stranger'), { typed: false, requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' } }), USE],
  ['a stranger, another key', use('Decrypt', role('stranger'), { resources: [OTHER] }), []],
  ['a stranger who is refused', use('Decrypt', role('stranger'), denied), ['DeniedCall']],
  ['a stranger who is refused, the key in the message alone', use('Decrypt', role('stranger'), { ...denied, resources: undefined }), ['DeniedCallInMessage']],
  ['a stranger who is refused another key', use('Decrypt', role('stranger'), { ...denied, errorMessage: denied.errorMessage.replace(KEY, OTHER), resources: undefined }), []],
  ['a stranger re-encrypts from the key', use('ReEncrypt', role('stranger'), { resources: [KEY, OTHER] }), USE],
  ['a stranger re-encrypts to the key', use('ReEncrypt', role('stranger'), { resources: [OTHER, KEY] }), USE],
  ['a stranger looks', use('DescribeKey', role('stranger')), []],
  ['a user who is granted', use('Encrypt', user('clerk')), []],
  ['the same with temporary credentials', use('Encrypt', userWithMfa('clerk')), []],
  ['another user', use('Encrypt', user('visitor')), USE],
  ['another user with temporary credentials', use('Decrypt', userWithMfa('visitor')), USE],
  ['the root user', use('Decrypt', ROOT), USE],
  ['somebody of an account of which somebody is granted', use('Decrypt', outsider()), []],
  ['somebody of another account', use('Decrypt', outsider('777788889999')), USE],
  ['a role through the bucket of which it reads', use('Decrypt', role('reader', { through: 's3' })), []],
  ['a stranger through the bucket', use('Decrypt', role('stranger', { through: 's3' })), USE],
  ['DynamoDB for itself', use('GenerateDataKey', service('dynamodb.amazonaws.com')), []],
  ['CloudWatch Logs for itself', use('GenerateDataKey', service('logs.amazonaws.com')), []],
  ['a service without a view', use('GenerateDataKey', service('sns.amazonaws.com')), USE],
  ['EC2 for an instance', use('Decrypt', EC2_INFRASTRUCTURE), []],
  ['in an emergency', use('Decrypt', role('emergency')), USE],
  ['the deployer through DynamoDB', use('Decrypt', role(executionRole().split('/')[1], { through: 'dynamodb' })), []],

  ['the signer signs', event('Sign', { by: role('signer'), resources: [SIGN] }), []],
  ['somebody who may decrypt signs', event('Sign', { by: role('backend', { path: '/shop/' }), resources: [SIGN] }), SIGNING],
  ['a service signs', event('Sign', { by: service('dynamodb.amazonaws.com'), resources: [SIGN] }), SIGNING],
  ['the publisher reads the public key', event('GetPublicKey', { by: role('publisher'), resources: [SIGN] }), []],
  ['the signer reads it', event('GetPublicKey', { by: role('signer'), resources: [SIGN] }), ['UngrantedPublicKeyShopSignatures']],

  ['a key that is pending deletion is used', use('Decrypt', role('backend', { path: '/shop/' }), { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY} is pending deletion.` }), ['UseWhilePendingDeletion']],
  ['the same, with no resources', use('Decrypt', role('backend'), { errorCode: 'KMSInvalidStateException', errorMessage: `${KEY} is pending deletion.`, resources: undefined }), ['UseWhilePendingDeletion']],
  ['a disabled key is used', use('Decrypt', role('backend'), { errorCode: 'DisabledException', errorMessage: `${KEY} is disabled.` }), []],
  ['another key that is pending deletion is used', use('Decrypt', role('backend'), { errorCode: 'KMSInvalidStateException', errorMessage: `${OTHER} is pending deletion.` }), []],

  ['the deletion is scheduled', change('ScheduleKeyDeletion'), ['KeyDeletionScheduled']],
  ['by a user', change('ScheduleKeyDeletion', { by: user('visitor') }), ['KeyDeletionScheduled']],
  ['by the deployer', change('ScheduleKeyDeletion', { by: DEPLOYER }), ['Deployment']],
  ['of another key', change('ScheduleKeyDeletion', { resources: [OTHER] }), []],
  ['in vain', change('ScheduleKeyDeletion', { errorCode: 'KMSInvalidStateException', errorMessage: 'in vain' }), []],
  ['it is refused', change('ScheduleKeyDeletion', denied), ['DeniedCall']],
  ['the key is disabled', change('DisableKey', { typed: false }), ['KeyDisabled']],
  ['the key is enabled', change('EnableKey', { typed: false }), []],
  ['a policy is put', change('PutKeyPolicy'), ['KeyPolicyChanged']],
  ['a policy is put by a role of another Region\'s deployer', change('PutKeyPolicy', { by: role('cdk-hnb659fds-cfn-exec-role-111122223333-us-east-1') }), ['KeyPolicyChanged']],
  ['a policy is put by the deployer', change('PutKeyPolicy', { by: DEPLOYER }), ['Deployment']],
  ['a grant is made', change('CreateGrant', { typed: false }), ['GrantCreated']],
  ['a grant is made by a service for a role', change('CreateGrant', { by: role('stranger', { through: 'ec2' }) }), []],
  ['a grant is made within AWS', change('CreateGrant', { by: { ...role('stranger'), invokedBy: 'AWS Internal' } }), []],
  ['a grant is made by who makes grants', change('CreateGrant', { by: role('granter') }), []],
  ['a grant is made by the root user', change('CreateGrant', { by: ROOT }), ['GrantCreated']],
  ['a grant is revoked', change('RevokeGrant'), ['GrantRevoked']],
  ['a grant is retired', change('RetireGrant'), []],
  ['an alias is moved to another key', event('UpdateAlias', { resources: [ALIAS, OTHER] }), ['AliasChanged']],
  ['an alias is deleted', event('DeleteAlias', { resources: [ALIAS, KEY], typed: false }), ['AliasChanged']],
  ['an alias is made for the key', event('CreateAlias', { resources: [`${ALIAS}2`, KEY] }), ['AliasChanged']],
  ['an alias is made for another', event('CreateAlias', { resources: [`${ALIAS}2`, OTHER] }), []],
  ['the key is replicated', change('ReplicateKey'), ['KeyReplicated']],
  ['rotation is turned off', change('DisableKeyRotation'), ['RotationDisabled']],
  ['rotation is turned on', change('EnableKeyRotation'), []],
  ['a tag is set', change('TagResource'), []],

  ['the key is deleted', nativeEvent('KMS CMK Deletion', KEY, { 'key-id': KEY.split('/')[1] }), ['KeyDeleted']],
  ['another key is deleted', nativeEvent('KMS CMK Deletion', OTHER, { 'key-id': OTHER.split('/')[1] }), []],
  ['the key is rotated', nativeEvent('KMS CMK Rotation', KEY, { 'key-id': KEY.split('/')[1], 'rotation-type': 'AUTOMATIC' }), ['KeyRotated']],

  ['the trail is stopped', event('StopLogging', { requestParameters: { name: 'shop' } }), ['TrailBlindedByStop']],
  ['the trail is stopped, by its ARN', event('StopLogging', { requestParameters: { name: `arn:aws:cloudtrail:${HERE.region}:${HERE.account}:trail/shop` } }), ['TrailBlindedByStop']],
  ['another trail is stopped', event('StopLogging', { requestParameters: { name: 'other' } }), []],
  ['the trail is started', event('StartLogging', { requestParameters: { name: 'shop' } }), []],
  ['the trail leaves KMS out', selectors({ eventSelectors: [{ readWriteType: 'All', includeManagementEvents: true, excludeManagementEventSources: ['kms.amazonaws.com'], dataResources: [] }] }), ['TrailBlindedBySelectors']],
  ['the trail leaves reads out', selectors({ eventSelectors: [{ readWriteType: 'WriteOnly', includeManagementEvents: true, excludeManagementEventSources: [] }] }), ['TrailBlindedBySelectors']],
  ['the trail leaves management events out', selectors({ eventSelectors: [{ readWriteType: 'All', includeManagementEvents: false, dataResources: [{ type: 'AWS::S3::Object', values: ['arn:aws:s3'] }] }] }), ['TrailBlindedBySelectors']],
  ['the trail records everything', selectors({ eventSelectors: [{ readWriteType: 'All', includeManagementEvents: true, excludeManagementEventSources: [] }] }), []],
  ['advanced selectors leave KMS out', selectors({ advancedEventSelectors: [{ fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }, { field: 'eventSource', notEquals: ['kms.amazonaws.com'] }] }] }), ['TrailBlindedBySelectors']],
  ['advanced selectors leave reads out', selectors({ advancedEventSelectors: [{ fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }, { field: 'readOnly', equals: ['false'] }] }] }), ['TrailBlindedBySelectors']],
  ['advanced selectors for other events alone', selectors({ advancedEventSelectors: [{ fieldSelectors: [{ field: 'eventCategory', equals: ['Data'] }, { field: 'resources.type', equals: ['AWS::S3::Object'] }] }] }), ['TrailBlindedBySelectors']],
  ['advanced selectors for all', selectors({ advancedEventSelectors: [{ fieldSelectors: [{ field: 'eventCategory', equals: ['Management'] }] }] }), []],
];

function selectors(parameters: object): object {
  return event('PutEventSelectors', { requestParameters: { trailName: 'shop', ...parameters } });
}

const found = matches('shop', Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])), Object.fromEntries(ROWS.map(([what, record]) => [what, record])));

/** Read-only events reach rules of one state alone. */
function seenBy(what: string, record: object): string[] {
  const { detail } = record as { readonly detail: { readonly readOnly?: boolean } };
  return rules.filter(({ name, state }) => found[name].includes(what) && (!detail.readOnly || state === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS')).map(({ name }) => name);
}

test('no two rows have one name', () => expect(new Set(ROWS.map(([what]) => what)).size).toBe(ROWS.length));

test.each(ROWS)('%s', (what, record, detectors) => {
  expect(seenBy(what, record)).toEqual(detectors);
});

test('each rule fires for some row, and each has an ordinary state or that for reads', () => {
  expect(rules.filter(({ name }) => !ROWS.some(([what, record]) => seenBy(what, record).includes(name))).map(({ name }) => name)).toEqual([]);
  const reading = rules.filter(({ state }) => state !== 'ENABLED').map(({ name, state }) => `${name} ${state}`);
  expect(reading).toEqual(['UngrantedUseShopData', 'UngrantedUseShopSignatures', 'UngrantedPublicKeyShopSignatures', 'DeniedCall', 'DeniedCallInMessage', 'UseWhilePendingDeletion']
    .map((name) => `${name} ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS`));
});

describe('every operation of KMS, by everybody', () => {
  const OPERATIONS = [
    'CancelKeyDeletion', 'CreateKey', 'Decapsulate', 'Decrypt', 'DeleteImportedKeyMaterial', 'DescribeCustomKeyStores', 'DescribeKey', 'DeriveSharedSecret', 'EnableKey', 'EnableKeyRotation',
    'Encapsulate', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext', 'GenerateMac', 'GenerateRandom', 'GetKeyLastUsage',
    'GetKeyPolicy', 'GetKeyRotationStatus', 'GetParametersForImport', 'GetPublicKey', 'ImportKeyMaterial', 'ListAliases', 'ListGrants', 'ListKeyRotations', 'ReEncrypt', 'RetireGrant',
    'RotateKeyOnDemand', 'Sign', 'TagResource', 'UntagResource', 'UpdateKeyDescription', 'UpdatePrimaryRegion', 'Verify', 'VerifyMac',
  ];
  const CALLERS: readonly [who: string, identity: Identity, granted: boolean][] = [
    ['a granted role', role('late'), true], ['a stranger', role('stranger'), false], ['a user', user('visitor'), false], ['the root user', ROOT, false],
    ['a service of the key', service('dynamodb.amazonaws.com'), true], ['another service', service('ses.amazonaws.com'), false], ['another account', outsider('777788889999'), false],
  ];
  const KEY_IDS = [{ keyId: KEY }, { keyId: KEY.split('/')[1] }, { keyId: 'alias/shop/data' }, null];
  const cases = OPERATIONS.flatMap((operation) => CALLERS.flatMap(([who, by, granted]) => {
    const one = (how: string, isSeen: boolean, options: RecordOptions) => KEY_IDS.map((requestParameters, i) => (
      { name: `${operation} by ${who}, ${how}, ${['ARN', 'id', 'alias', 'no id'][i]}`, operation, isSeen, event: event(operation, { by, requestParameters, ...options }) }));
    return [
      ...one('of the key', !granted, { resources: [KEY] }),
      ...one('of the key, without types', !granted, { typed: false, resources: [KEY] }),
      ...one('of two keys', !granted, { resources: [OTHER, KEY] }),
      ...one('of another key', false, { resources: [OTHER] }),
      ...one('of no resource', false, {}),
      ...one('in vain', false, { resources: [KEY], errorCode: 'IncorrectKeyException', errorMessage: 'failed' }),
      ...one('refused', false, { resources: [KEY], ...denied }),
    ];
  }));
  const rule = rules.find(({ name }) => name === 'UngrantedUseShopData')!;
  const all = matches('operations', { [rule.name]: rule.pattern }, Object.fromEntries(cases.map(({ name, event: each }) => [name, each])))[rule.name];

  test.each(OPERATIONS)('%s', (operation) => {
    const isUse = /^(Encrypt|Decrypt|ReEncrypt|GenerateDataKey)/.test(operation);
    const own = cases.filter((each) => each.operation === operation);
    expect(all.filter((name) => own.some((each) => each.name === name))).toEqual(own.filter(({ isSeen }) => isUse && isSeen).map(({ name }) => name));
    if (isUse) expect(isRead(operation)).toBe(true);
  });
});
