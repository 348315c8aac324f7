import { FUNCTION, FUNCTION_NAMES } from './lambda';
import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps } from './rows';

const ARN = 'arn:{partition}:lambda:{region}:{account}:function:{name}';
const PAGE = { page: 'https://docs.aws.amazon.com/lambda/latest/dg/durable-encryption.html', date: '2026-11-29' };
const EXECUTIONS = { context: { key: 'aws:lambda:FunctionArn', values: [ARN] }, ...PAGE };
const THROUGH_LAMBDA = { shape: ServiceCall.THROUGH_SERVICE, via: 'lambda.{region}.amazonaws.com' };

/**
 * AWS Lambda: what durable executions keep. Lambda encrypts in its own name, for the function; the function's role, whoever makes the function and whoever looks at
 * executions have Lambda ask for them. Whoever invokes a durable function needs nothing.
 */
export const LAMBDA_DURABLE: KmsServiceProps = {
  name: 'LambdaDurable',
  title: 'AWS Lambda durable executions',
  keyProperties: [{ resourceType: FUNCTION, path: 'DurableConfig.KMSKeyArn' }],
  resourceNames: FUNCTION_NAMES,
  rows: [
    {
      sid: 'ServiceOfDurableLambda',
      who: ServiceUser.SERVICE,
      shape: ServiceCall.AS_SERVICE,
      when: ServiceRowTime.GIVEN,
      principal: 'lambda.amazonaws.com',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      sourceArn: ARN,
      sourceAccount: '{account}',
      ...EXECUTIONS,
    },
    // "to read state and progress the execution"
    { sid: 'RunByDurableLambda', who: ServiceUser.ASSUMED_ROLE, when: ServiceRowTime.GIVEN, ...THROUGH_LAMBDA, rolePath: 'Role', actions: ['kms:Decrypt'], ...EXECUTIONS },
    // Durable execution operators.
    {
      sid: 'ReadThroughDurableLambda',
      who: ServiceUser.READER,
      when: ServiceRowTime.GRANTED,
      ...THROUGH_LAMBDA,
      actions: ['kms:Decrypt'],
      userActions: [
        'lambda:GetDurableExecution', 'lambda:GetDurableExecutionHistory', 'lambda:GetDurableExecutionState', 'lambda:StopDurableExecution',
        'lambda:SendDurableExecutionCallbackSuccess', 'lambda:SendDurableExecutionCallbackFailure', 'lambda:SendDurableExecutionCallbackHeartbeat',
      ],
      ...EXECUTIONS,
    },
    // The function author: Lambda tries the key in their name.
    { sid: 'DeployThroughDurableLambda', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_LAMBDA, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], ...EXECUTIONS },
    { sid: 'DescribeThroughDurableLambda', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_LAMBDA, actions: ['kms:DescribeKey'], ...PAGE },
  ],
};
