import { CustomerManagedEncryptionConfiguration, DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Site } from './site';
import { KmsService } from 'cdk-keysmith';

export function define({ stack, key, reader }: Site): void {
  const machine = new StateMachine(stack, 'Machine', {
    stateMachineName: 'orders',
    definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Done')),
    encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key.forService(KmsService.STEP_FUNCTIONS)),
  });
  machine.grantRead(reader);
}
