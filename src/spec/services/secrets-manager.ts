import { GeneratedName, NameInContext, ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KeyProperty, KmsServiceProps, ServiceContext, ServiceRow } from './rows';

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
/** Where databases take the key of the secret that they keep their password in, by the service that asks for it. */
const MANAGED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'rds': { 'AWS::RDS::DBInstance': 'MasterUserSecret.KmsKeyId', 'AWS::RDS::DBCluster': 'MasterUserSecret.KmsKeyId' },
  'redshift': { 'AWS::Redshift::Cluster': 'MasterPasswordSecretKmsKeyId' },
  'redshift-serverless': { 'AWS::RedshiftServerless::Namespace': 'AdminPasswordSecretKmsKeyId' },
};
const DATABASES = Object.values(MANAGED).flatMap((types) => Object.entries(types))
  .map(([resourceType, path]): KeyProperty => ({ resourceType, path, nameInContext: NameInContext.ELSEWHERE }));
const PAGES: Readonly<Record<string, { readonly page: string; readonly date: string }>> = {
  'rds': { page: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html', date: '2026-11-28' },
  'redshift': { page: 'https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html', date: '2026-11-28' },
  'redshift-serverless': { page: 'https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html', date: '2026-11-28' },
};

/**
 * What a service that manages a database's password asks for whoever makes the database: of KMS itself, and by way of Secrets Manager. RDS and Aurora: DescribeKey, and with
 * a customer managed key Decrypt, GenerateDataKey and CreateGrant ("Permissions required for Secrets Manager integration"). Redshift: Decrypt, GenerateDataKey, CreateGrant
 * and RetireGrant ("Permissions required for AWS Secrets Manager integration"), of which the last has no effect in a key policy.
 */
function managedBy(service: string): ServiceRow[] {
  const name = service.split('-').map((part) => part[0].toUpperCase() + part.slice(1)).join('');
  const resourceTypes = Object.keys(MANAGED[service]);
  const asked = { who: ServiceUser.DEPLOYER, shape: ServiceCall.THROUGH_SERVICE, when: ServiceRowTime.GIVEN, resourceTypes, ...PAGES[service] };
  const looks = service === 'rds' ? ['kms:DescribeKey'] : [];
  const through = `${service}.{region}.amazonaws.com`;
  return [
    { sid: `DeployManaged${name}`, ...asked, via: through, actions: ['kms:GenerateDataKey', 'kms:Decrypt', ...looks] },
    { sid: `GrantManaged${name}`, ...asked, via: through, actions: ['kms:CreateGrant'] },
    { sid: `GrantManaged${name}InSecretsManager`, ...asked, via: THROUGH_SECRETS_MANAGER.via, actions: ['kms:CreateGrant'] },
  ];
}

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
    ...DATABASES,
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
    // Whoever makes a database that manages its password, and chooses the key of the secret.
    ...Object.keys(MANAGED).flatMap(managedBy),
  ],
};
