import { FUNCTION, FUNCTION_NAMES } from './lambda';
import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

// The page has a pattern for all functions, `function:*`: whether a version's code has the ARN with its number, it does not say.
const FUNCTIONS: ServiceContext = {
  key: 'aws:lambda:FunctionArn', values: ['arn:{partition}:lambda:{region}:{account}:function:{name}', 'arn:{partition}:lambda:{region}:{account}:function:{name}:*'],
};
const ARCHIVES = { context: FUNCTIONS, page: 'https://docs.aws.amazon.com/lambda/latest/dg/encrypt-zip-package.html', date: '2026-11-29' };

/**
 * AWS Lambda: .zip archives of code that Lambda keeps. It makes no grant for them and calls in its own name, which the page binds by the encryption context alone. Code
 * that stays in a bucket is encrypted by the bucket's key.
 */
export const LAMBDA_CODE: KmsServiceProps = {
  name: 'LambdaCode',
  title: 'AWS Lambda code archives',
  keyProperties: [{ resourceType: FUNCTION, path: 'Code.SourceKMSKeyArn' }],
  resourceNames: FUNCTION_NAMES,
  rows: [
    {
      sid: 'ServiceOfLambdaCode',
      who: ServiceUser.SERVICE,
      shape: ServiceCall.AS_SERVICE,
      when: ServiceRowTime.GIVEN,
      principal: 'lambda.amazonaws.com',
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      ...ARCHIVES,
    },
    // Whoever downloads the archive: without it, GetFunction answers with an error in the place of the URL.
    {
      sid: 'ReadThroughLambdaCode',
      who: ServiceUser.READER,
      shape: ServiceCall.THROUGH_SERVICE,
      when: ServiceRowTime.GRANTED,
      via: 'lambda.{region}.amazonaws.com',
      actions: ['kms:Decrypt'],
      userActions: ['lambda:GetFunction'],
      ...ARCHIVES,
    },
  ],
};
