import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

const [MACHINE, ACTIVITY] = ['AWS::StepFunctions::StateMachine', 'AWS::StepFunctions::Activity'];
const MACHINES: ServiceContext = { key: 'aws:states:stateMachineArn', values: ['arn:{partition}:states:{region}:{account}:stateMachine:{name}'] };
const ACTIVITIES: ServiceContext = { key: 'aws:states:activityArn', values: ['arn:{partition}:states:{region}:{account}:activity:{name}'] };
// What is sent ends in this very asterisk.
const LOGS: ServiceContext = { key: 'SourceArn', values: ['arn:{partition}:logs:{region}:{account}:*'] };
const LOGGED = { resourceTypes: [MACHINE], having: { path: 'LoggingConfiguration.Destinations' }, context: LOGS };
const ENCRYPTION = { page: 'https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html', date: '2026-11-29' };
const THROUGH_STATES = { shape: ServiceCall.THROUGH_SERVICE, via: 'states.{region}.amazonaws.com', ...ENCRYPTION };
const READS = { who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH_STATES, actions: ['kms:Decrypt'] };
const DEPLOYS = { who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_STATES };
// "Adding kms:ViaService condition to an execution role can prevent a new execution from starting or cause a running execution to fail."
const RUNS = { who: ServiceUser.ASSUMED_ROLE, shape: ServiceCall.AS_ROLE, rolePath: 'RoleArn', ...ENCRYPTION };

/**
 * AWS Step Functions: state machines and activities. Executions use the key with the credentials of the execution role; whoever looks at them, or works for an
 * activity, has Step Functions ask. StartExecution, SendTaskSuccess and the like ask for nothing.
 */
export const STEP_FUNCTIONS: KmsServiceProps = {
  name: 'StepFunctions',
  title: 'AWS Step Functions',
  keyProperties: [MACHINE, ACTIVITY].map((resourceType) => ({ resourceType, path: 'EncryptionConfiguration.KmsKeyId' })),
  // CreateHandler of CloudFormation's own provider for state machines. An activity has to be given its name.
  resourceNames: [
    { resourceType: MACHINE, property: 'StateMachineName', generated: GeneratedName.ID, maxLength: 80 },
    { resourceType: ACTIVITY, property: 'Name' },
  ],
  rows: [
    { sid: 'RunByStepFunctions', ...RUNS, when: ServiceRowTime.GIVEN, resourceTypes: [MACHINE], actions: ['kms:Decrypt', 'kms:GenerateDataKey'], context: MACHINES },
    // "… the state machine execution role will require kms:GenerateDataKey and kms:Decrypt permission for the activity key": of machines that have tasks for it.
    {
      sid: 'TasksByStepFunctions',
      ...RUNS,
      when: ServiceRowTime.NAMED,
      resourceTypes: [ACTIVITY],
      namedIn: ['DefinitionString', 'Definition', 'DefinitionSubstitutions'].map((path) => ({ resourceType: MACHINE, path, nameAfter: ':activity:' })),
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      context: ACTIVITIES,
    },
    // Logs to CloudWatch Logs: the role makes the data key under which they are handed over, and the delivery opens it.
    { sid: 'LogByStepFunctions', ...RUNS, ...LOGGED, when: ServiceRowTime.GIVEN, actions: ['kms:GenerateDataKey'] },
    {
      sid: 'LogDeliveryOfStepFunctions',
      who: ServiceUser.SERVICE,
      shape: ServiceCall.AS_SERVICE,
      when: ServiceRowTime.GIVEN,
      principal: 'delivery.logs.amazonaws.com',
      ...LOGGED,
      actions: ['kms:Decrypt'],
      ...ENCRYPTION,
    },
    {
      sid: 'ReadThroughStepFunctions',
      ...READS,
      resourceTypes: [MACHINE],
      context: MACHINES,
      userActions: [
        'states:DescribeExecution', 'states:DescribeStateMachine', 'states:DescribeStateMachineForExecution', 'states:GetExecutionHistory', 'states:StartSyncExecution',
      ],
    },
    { sid: 'WorkThroughStepFunctions', ...READS, resourceTypes: [ACTIVITY], context: ACTIVITIES, userActions: ['states:GetActivityTask'] },
    { sid: 'DeployThroughStepFunctions', ...DEPLOYS, resourceTypes: [MACHINE], actions: ['kms:GenerateDataKey'], context: MACHINES },
    { sid: 'DescribeThroughStepFunctions', ...DEPLOYS, actions: ['kms:DescribeKey'] },
  ],
};
