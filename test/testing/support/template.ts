import { allow } from './policies';

const roleResource = (name: string, statements: readonly object[] = [], more: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: name,
    AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] },
    ...(statements.length && { Policies: [{ PolicyName: 'Own', PolicyDocument: { Version: '2012-10-17', Statement: statements } }] }),
    ...more,
  },
  Metadata: { 'aws:cdk:path': `Shop/${name}/Role/Resource` },
});

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const via = (service: string) => ({ 'kms:ViaService': { 'Fn::Sub': `${service}.\${AWS::Region}.amazonaws.com` }, 'kms:CallerAccount': { Ref: 'AWS::AccountId' } });
const through = (service: string) => ({ StringEquals: via(service) });
const asKey = { AWS: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' } };

/**
 * A small shop: one key whose policy names everybody, and what is encrypted with it. `Writer` writes, `Reader` reads, `Deployer` makes
 * the resources, `Billing` may do everything by its own policy and nothing by the key's.
 */
export const SHOP = {
  Resources: {
    Key: {
      Type: 'AWS::KMS::Key',
      Metadata: { 'aws:cdk:path': 'Shop/Key/Resource' },
      Properties: {
        Description: 'everything in the shop',
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [
            allow('Administration', asKey, ['kms:DescribeKey', 'kms:DisableKey', 'kms:EnableKey']),
            allow('DeployerOwnsThePolicy', { AWS: arnOf('Deployer') }, ['kms:PutKeyPolicy', 'kms:GetKeyPolicy']),
            allow('WriterWritesObjects', { AWS: arnOf('Writer') }, ['kms:GenerateDataKey', 'kms:Decrypt'], {
              ...through('s3'), StringLike: { 'kms:EncryptionContext:aws:s3:arn': ['arn:aws:s3:::shop-invoices', 'arn:aws:s3:::shop-invoices/*'] },
            }),
            allow('ReaderReadsObjects', { AWS: arnOf('Reader') }, ['kms:Decrypt'], {
              ...through('s3'), StringLike: { 'kms:EncryptionContext:aws:s3:arn': ['arn:aws:s3:::shop-invoices', 'arn:aws:s3:::shop-invoices/*'] },
            }),
            allow('DeployerMakesTables', { AWS: arnOf('Deployer') }, ['kms:CreateGrant'], { ...through('dynamodb'), Bool: { 'kms:GrantIsForAWSResource': 'true' } }),
            allow('TableReaders', { AWS: [arnOf('Reader'), arnOf('Writer')] }, ['kms:Decrypt'], {
              StringEquals: { ...via('dynamodb'), 'kms:EncryptionContext:aws:dynamodb:tableName': 'shop-orders' },
            }),
            allow('DeployerDescribes', { AWS: arnOf('Deployer') }, ['kms:DescribeKey']),
            allow('DeployerMakesFunctions', { AWS: arnOf('Deployer') }, ['kms:CreateGrant', 'kms:Encrypt', 'kms:Decrypt'], through('lambda')),
            allow('DeployerMakesSecrets', { AWS: arnOf('Deployer') }, ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt'], through('secretsmanager')),
            allow('ReaderReadsSecrets', { AWS: arnOf('Reader') }, ['kms:Decrypt'], {
              ...through('secretsmanager'), StringLike: { 'kms:EncryptionContext:SecretARN': 'arn:aws:secretsmanager:*:*:secret:shop-password-??????' },
            }),
            allow('LogsEncrypts', { Service: { 'Fn::Sub': 'logs.${AWS::Region}.amazonaws.com' } }, ['kms:GenerateDataKey', 'kms:Decrypt'], {
              ArnLike: { 'kms:EncryptionContext:aws:logs:arn': { 'Fn::Sub': 'arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/shop/*' } },
            }),
            allow('TrailEncrypts', { Service: 'cloudtrail.amazonaws.com' }, ['kms:GenerateDataKey'], {
              StringEquals: { 'aws:SourceArn': { 'Fn::Sub': 'arn:aws:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/shop' } },
            }),
          ],
        },
      },
    },
    OtherKey: {
      Type: 'AWS::KMS::Key',
      Properties: { KeyPolicy: { Version: '2012-10-17', Statement: [allow('All', { AWS: arnOf('Deployer') }, ['kms:*'])] } },
    },
    Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/shop', TargetKeyId: arnOf('Key') } },
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'shop-invoices',
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arnOf('Key') } }],
        },
      },
    },
    CachedBucket: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'shop-cached',
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{
            BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/shop' },
          }],
        },
      },
    },
    Orders: {
      Type: 'AWS::DynamoDB::Table',
      Properties: { TableName: 'shop-orders', SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: arnOf('Key') } },
    },
    Checkout: {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: 'shop-checkout', KmsKeyArn: arnOf('Key'), Role: arnOf('CheckoutRole') },
    },
    Password: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'shop-password', KmsKeyId: arnOf('Key') } },
    Writer: roleResource('Writer'),
    Reader: roleResource('Reader'),
    CheckoutRole: roleResource('CheckoutRole'),
    Deployer: roleResource('Deployer', [], { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
    Billing: roleResource('Billing', [allow('Everything', '', ['kms:*'])].map(({ Principal: _none, ...statement }) => statement)),
  },
};

export const OBJECT = 'arn:aws:s3:::shop-invoices/2026/1.pdf';
export const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/shop-orders';
export const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:shop-checkout';
