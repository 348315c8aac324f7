import { GeneratedName, NameInContext, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KeyProperty, KmsServiceProps, ServiceContext } from './rows';

/**
 * The ARN ends in six characters that nobody knows before the secret is made. The version id is left to Secrets Manager, which puts a word of its own there
 * when it checks access.
 */
const SECRETS: ServiceContext = {
  key: 'SecretARN',
  values: ['arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????'],
  imported: [{ property: 'secretFullArn', values: ['{name}'] }, { property: 'secretArn', values: ['{name}-??????'] }],
};
const THROUGH_SECRETS_MANAGER = { shape: ServiceCall.THROUGH_SERVICE, via: 'secretsmanager.{region}.amazonaws.com' };
const ENCRYPTION = { page: 'https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html', date: '2026-11-28' };

const SECRET = 'AWS::SecretsManager::Secret';
const ROTATION = 'AWS::SecretsManager::RotationSchedule';
const managed = (resourceType: string, path: string): KeyProperty => ({ resourceType, path, nameInContext: NameInContext.ELSEWHERE });
const rotated = (path: string): KeyProperty => ({ resourceType: ROTATION, path, nameInContext: NameInContext.ANOTHER });

/** AWS Secrets Manager. It makes no grants. Databases that manage their password keep it in a secret under a name that they choose. */
export const SECRETS_MANAGER: KmsServiceProps = {
  name: 'SecretsManager',
  title: 'AWS Secrets Manager',
  keyProperties: [
    { resourceType: SECRET, path: 'KmsKeyId' },
    { resourceType: SECRET, path: 'ReplicaRegions.*.KmsKeyId', regionPath: 'ReplicaRegions.*.Region' },
    rotated('HostedRotationLambda.KmsKeyArn'),
    rotated('HostedRotationLambda.MasterSecretKmsKeyArn'),
    rotated('HostedRotationLambda.SuperuserSecretKmsKeyArn'),
    managed('AWS::RDS::DBInstance', 'MasterUserSecret.KmsKeyId'),
    managed('AWS::RDS::DBCluster', 'MasterUserSecret.KmsKeyId'),
    managed('AWS::Redshift::Cluster', 'MasterPasswordSecretKmsKeyId'),
    managed('AWS::RedshiftServerless::Namespace', 'AdminPasswordSecretKmsKeyId'),
  ],
  resourceNames: [{ resourceType: SECRET, property: 'Name', generated: GeneratedName.ID, maxLength: 40 }],
  rows: [
    // GetSecretValue.
    { sid: 'ReadThroughSecretsManager', who: ServiceUser.READER, when: ServiceRowTime.GRANTED, ...THROUGH_SECRETS_MANAGER, actions: ['kms:Decrypt'], context: SECRETS, ...ENCRYPTION },
    // PutSecretValue: a data key for the new value, and Decrypt where it is compared with the value there is.
    {
      sid: 'WriteThroughSecretsManager',
      who: ServiceUser.WRITER,
      when: ServiceRowTime.GRANTED,
      ...THROUGH_SECRETS_MANAGER,
      actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
      context: SECRETS,
      ...ENCRYPTION,
    },
    // CreateSecret checks whoever chooses the key for GenerateDataKey and Decrypt; changing the key calls Encrypt besides.
    {
      sid: 'DeployThroughSecretsManager',
      who: ServiceUser.DEPLOYER,
      when: ServiceRowTime.GIVEN,
      ...THROUGH_SECRETS_MANAGER,
      actions: ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt'],
      ...ENCRYPTION,
    },
    { sid: 'DescribeThroughSecretsManager', who: ServiceUser.DEPLOYER, when: ServiceRowTime.GIVEN, ...THROUGH_SECRETS_MANAGER, actions: ['kms:DescribeKey'], ...ENCRYPTION },
  ],
};
