import { App, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { EventBus as ToBus } from 'aws-cdk-lib/aws-events-targets';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { NEW_APP } from './scene';
import { KeyAlarms, KmsService, KmsTrail, SigningAlgorithm, SigningKey, SymmetricDataKey } from '../../../src';
import type { CloudTrailRecord } from '../../../src/detect';
import { ACCOUNT, REGION } from '../../detect/support/callers';
import { BATCH, DATABASE, KEYS, PUBLISHER, READERS, roleName, SIGNERS, TRAVELLER, WRITERS } from '../../detect/support/company';
import { bucketIn, tableIn } from '../../services/support/resources';
import { Deployed, roleIn } from '../../support/deployed';

/** The company of test/detect as an app: the same roles, keys and aliases, with alarms; and what records call otherwise, as they are called here. */
export function company(): { readonly deployed: Deployed; readonly names: readonly (readonly [inRecords: string, here: string])[] } {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Company', { env: { account: ACCOUNT, region: REGION } });
  const alarms = new KeyAlarms(stack, 'Alarms', {
    trail: new KmsTrail(stack, 'Trail', { trailName: 'company' }),
    informationTargets: [new ToBus(EventBus.fromEventBusArn(stack, 'Bus', `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/audit`))],
  });
  const data = new SymmetricDataKey(stack, 'Data', { alias: 'company-data', contextKeys: ['Project'], alarms });
  const signing = new SigningKey(stack, 'Signing', { alias: 'company-signing', algorithm: SigningAlgorithm.ES256, alarms });
  const global = new SymmetricDataKey(stack, 'Global', { alias: 'company-global', multiRegion: true, alarms });
  const roles = new Map<string, Role>();
  const role = (id: string): Role => {
    const name = roleName(id);
    const made = roleIn(stack, id, isGenerated(name) ? {} : { roleName: name });
    roles.set(name, made);
    return made;
  };

  for (const reader of [...READERS, BATCH]) data.grants.decrypt(role(reader));
  const bucket = bucketIn(stack, 'Invoices', data.forService(KmsService.S3), 'company-invoices');
  for (const writer of WRITERS) bucket.grantReadWrite(role(writer));
  tableIn(stack, 'Orders', data.forService(KmsService.DYNAMODB), 'orders').grantReadData(role(DATABASE));
  for (const signer of SIGNERS) signing.grants.sign(role(signer));
  signing.grants.readPublicKey(role(PUBLISHER));
  const traveller = role(TRAVELLER);
  global.grants.encrypt(traveller);
  global.grants.decrypt(traveller);

  const deployed = new Deployed(app);
  const keys = [[KEYS.data, data], [KEYS.signing, signing], [KEYS.global, global]] as const;
  return {
    deployed,
    names: [
      ...keys.map(([arn, key]) => [arn, deployed.arnOf(key)] as const),
      ...[...roles].filter(([name]) => isGenerated(name)).map(([name, made]) => [name, deployed.arnOf(made).split('/')[1]] as const),
    ],
  };
}

/** CloudFormation made it up: it begins with the stack. */
function isGenerated(name: string): boolean {
  return name.startsWith('Company-');
}

/** What EventBridge makes of a record: the event of the call, and what KMS tells of itself. Source: EventBridge User Guide, "AWS service events delivered via AWS CloudTrail". */
export function eventsOf(record: CloudTrailRecord): object[] {
  const { eventSource = '', eventType, eventTime, awsRegion, resources } = record;
  const frame = { version: '0', id: 'f8c9dd64-1e2b-9bb4-0f4a-example55555', account: ACCOUNT, time: eventTime, region: awsRegion };
  const source = `aws.${eventSource.split('.')[0]}`;
  const isOfService = eventType === 'AwsServiceEvent';
  const event = { ...frame, 'source': source, 'detail-type': `AWS ${isOfService ? 'Service Event' : 'API Call'} via CloudTrail`, 'resources': [], 'detail': record };
  const native = NATIVE[record.eventName ?? ''];
  return isOfService && native ? [event, { ...frame, source, 'detail-type': native, 'resources': resources?.map((each) => each?.ARN), 'detail': {} }] : [event];
}

const NATIVE: Readonly<Record<string, string>> = { RotateKey: 'KMS CMK Rotation', DeleteKey: 'KMS CMK Deletion', DeleteExpiredKeyMaterial: 'KMS Imported Key Material Expiration' };
