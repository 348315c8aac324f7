import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps } from './rows';

const BUS = 'arn:{partition}:events:{region}:{account}:event-bus/{name}';
const ENCRYPTION = { page: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html', date: '2026-11-29' };
const AS_EVENTS = { who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.GIVEN, principal: 'events.amazonaws.com', ...ENCRYPTION };
const DEPLOYED = { who: ServiceUser.DEPLOYER, shape: ServiceCall.THROUGH_SERVICE, when: ServiceRowTime.GIVEN, via: 'events.{region}.amazonaws.com', ...ENCRYPTION };

/**
 * Amazon EventBridge: event buses. EventBridge itself encrypts what is sent to a bus and decrypts it for the rules: who sends events needs nothing on the key.
 * CDK's EventBus asks DescribeKey to carry a context, which it never does, so that its statement allows no look at the key.
 */
export const EVENTBRIDGE: KmsServiceProps = {
  name: 'EventBridge',
  title: 'Amazon EventBridge',
  keyProperties: [{ resourceType: 'AWS::Events::EventBus', path: 'KmsKeyIdentifier' }],
  resourceNames: [{ resourceType: 'AWS::Events::EventBus', property: 'Name' }],
  rows: [
    {
      sid: 'ServiceOfEventBridge',
      ...AS_EVENTS,
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      context: { key: 'aws:events:event-bus:arn', values: [BUS], imported: [{ property: 'eventBusName' }] },
      sourceArn: BUS,
    },
    { sid: 'ServiceOfEventBridgeDescribes', ...AS_EVENTS, actions: ['kms:DescribeKey'] },
    // CreateEventBus and UpdateEventBus; PutRule, PutTargets and the like ask for Decrypt.
    {
      sid: 'DeployThroughEventBridge',
      ...DEPLOYED,
      actions: ['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    },
    { sid: 'DescribeThroughEventBridge', ...DEPLOYED, actions: ['kms:DescribeKey'] },
  ],
};
