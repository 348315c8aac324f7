import { EventBus } from 'aws-cdk-lib/aws-events';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, writer }: Site): void {
  const bus = new EventBus(stack, 'Bus', { eventBusName: 'orders', kmsKey: key.forService(KmsService.EVENTBRIDGE) });
  bus.grantPutEventsTo(writer);
}
