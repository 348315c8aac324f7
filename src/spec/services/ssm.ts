import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

// One slash between `parameter` and the name, whether or not the name begins with one.
const PARAMETERS: ServiceContext = {
  key: 'PARAMETER_ARN', values: ['arn:{partition}:ssm:{region}:{account}:parameter{path}'], imported: [{ property: 'parameterName' }],
};
const THROUGH_SSM = {
  shape: ServiceCall.THROUGH_SERVICE,
  when: ServiceRowTime.GRANTED,
  via: 'ssm.{region}.amazonaws.com',
  context: PARAMETERS,
  page: 'https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html',
  date: '2026-11-29',
};

/**
 * AWS Systems Manager Parameter Store: secure strings, which CloudFormation does not make, so that no template has a place for their key. They are imported with the view,
 * or named in words.
 */
export const SSM: KmsServiceProps = {
  name: 'SSM',
  title: 'AWS Systems Manager Parameter Store',
  keyProperties: [],
  rows: [
    {
      sid: 'ReadThroughSSM',
      who: ServiceUser.READER,
      ...THROUGH_SSM,
      actions: ['kms:Decrypt'],
      userActions: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath', 'ssm:GetParameterHistory'],
    },
    // Encrypt for standard parameters; for advanced ones the AWS Encryption SDK, which makes data keys.
    { sid: 'WriteThroughSSM', who: ServiceUser.WRITER, ...THROUGH_SSM, actions: ['kms:Encrypt', 'kms:GenerateDataKey'], userActions: ['ssm:PutParameter'] },
  ],
};
