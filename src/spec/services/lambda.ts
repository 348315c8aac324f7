import { GeneratedName, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ResourceName } from './rows';

const THROUGH_LAMBDA = { shape: ServiceCall.THROUGH_SERVICE, via: 'lambda.{region}.amazonaws.com' };
const ENVIRONMENT = { page: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html', date: '2026-11-28' };
export const FUNCTION = 'AWS::Lambda::Function';
export const FUNCTION_NAMES: ResourceName[] = [{ resourceType: FUNCTION, property: 'FunctionName', generated: GeneratedName.STACK_AND_ID, maxLength: 64 }];
const MAPPING = 'AWS::Lambda::EventSourceMapping';
const FILTERS = { page: 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html', date: '2026-11-28' };

/**
 * AWS Lambda: environment variables, and criteria by which events are filtered. AWS documents no context for environment variables: the one that
 * CloudTrail shows is not asked for, only made use of not to deny.
 */
export const LAMBDA: KmsServiceProps = {
  name: 'Lambda',
  title: 'AWS Lambda',
  keyProperties: [
    { resourceType: FUNCTION, path: 'KmsKeyArn' },
    { resourceType: MAPPING, path: 'KmsKeyArn' },
  ],
  resourceNames: [
    ...FUNCTION_NAMES,
    { resourceType: MAPPING, property: 'FunctionName', nameAfter: 'function:' },
    { resourceType: 'AWS::Lambda::Alias', property: 'FunctionName', nameAfter: 'function:' },
    { resourceType: 'AWS::Lambda::Version', property: 'FunctionName', nameAfter: 'function:' },
  ],
  rows: [
    // Whoever views variables or criteria.
    { sid: 'ReadThroughLambda', who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH_LAMBDA, actions: ['kms:Decrypt'], ...ENVIRONMENT },
    // Whoever sets them: Encrypt and a grant for variables, GenerateDataKey for criteria.
    { sid: 'WriteThroughLambda', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...THROUGH_LAMBDA, actions: ['kms:Encrypt', 'kms:GenerateDataKey'], ...FILTERS },
    { sid: 'GrantThroughLambda', who: ServiceUser.WRITER, when: ServiceRowTime.GRANTED, ...THROUGH_LAMBDA, actions: ['kms:CreateGrant'], ...ENVIRONMENT },
    {
      sid: 'DeployThroughLambda',
      who: ServiceUser.DEPLOYER,
      when: ServiceRowTime.GIVEN,
      ...THROUGH_LAMBDA,
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
      ...FILTERS,
    },
    { sid: 'DescribeThroughLambda', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_LAMBDA, actions: ['kms:DescribeKey'], ...FILTERS },
    { sid: 'GrantThroughLambda', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_LAMBDA, actions: ['kms:CreateGrant'], ...ENVIRONMENT },
    // A function that starts: the grant that Lambda made for its role, as CloudTrail shows it.
    {
      sid: 'FunctionOfLambda',
      who: ServiceUser.ASSUMED_ROLE,
      shape: ServiceCall.AS_ROLE,
      when: ServiceRowTime.UNDER_GRANT,
      actions: ['kms:Decrypt'],
      context: { key: 'aws:lambda:FunctionArn' },
      rolePath: 'Role',
      ...ENVIRONMENT,
    },
    // Event source mappings. The mapping's id is known only after it is made, so that its ARN ends in `*`; its function tells it, by a version or alias if need be.
    {
      sid: 'ServiceOfLambda',
      who: ServiceUser.SERVICE,
      shape: ServiceCall.AS_SERVICE,
      when: ServiceRowTime.GRANTED,
      principal: 'lambda.{region}.amazonaws.com',
      principalInCdk: 'lambda.amazonaws.com',
      actions: ['kms:Decrypt'],
      sourceArn: 'arn:{partition}:lambda:{region}:{account}:event-source-mapping:*',
      context: {
        key: 'aws:lambda:FunctionArn',
        values: ['arn:{partition}:lambda:{region}:{account}:function:{name}', 'arn:{partition}:lambda:{region}:{account}:function:{name}:*'],
      },
      resourceTypes: [MAPPING],
      ...FILTERS,
    },
  ],
};
