import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps } from './rows';

const THROUGH_LAMBDA = { shape: ServiceCall.THROUGH_SERVICE, via: 'lambda.{region}.amazonaws.com' };
const ENVIRONMENT = { page: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html', date: '2026-11-28' };
const FILTERS = { page: 'https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html', date: '2026-11-28' };

/**
 * AWS Lambda: environment variables, and criteria by which events are filtered. AWS documents no context for environment variables: the one that
 * CloudTrail shows is not asked for, only made use of not to deny.
 */
export const LAMBDA: KmsServiceProps = {
  name: 'Lambda',
  title: 'AWS Lambda',
  keyProperties: [
    { resourceType: 'AWS::Lambda::Function', path: 'KmsKeyArn' },
    { resourceType: 'AWS::Lambda::EventSourceMapping', path: 'KmsKeyArn' },
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
    // Event source mappings. The mapping's id is known only after it is made, so that its ARN ends in `*`.
    {
      sid: 'ServiceOfLambda',
      who: ServiceUser.SERVICE,
      shape: ServiceCall.AS_SERVICE,
      when: ServiceRowTime.GRANTED,
      principal: 'lambda.{region}.amazonaws.com',
      principalInCdk: 'lambda.amazonaws.com',
      actions: ['kms:Decrypt'],
      sourceArn: 'arn:{partition}:lambda:{region}:{account}:event-source-mapping:*',
      ...FILTERS,
    },
  ],
};
