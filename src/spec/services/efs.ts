import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps } from './rows';

// The page calls Encrypt and ReEncrypt* optional. The context, aws:elasticfilesystem:filesystem:id, holds an id that nobody knows before.
const THROUGH_EFS = {
  who: ServiceUser.DEPLOYER,
  when: ServiceRowTime.GIVEN,
  shape: ServiceCall.THROUGH_SERVICE,
  via: 'elasticfilesystem.{region}.amazonaws.com',
  page: 'https://docs.aws.amazon.com/efs/latest/ug/EFSKMS.html',
  date: '2026-11-29',
};

/**
 * Amazon EFS. It calls KMS for whoever makes a file system, and works under its grant from then on: whoever mounts one asks KMS nothing. "Encrypting data at rest"
 * asks for EFS's service principal with kms:ViaService besides, which no call has both of; the statements are those of the policy that the page shows.
 */
export const EFS: KmsServiceProps = {
  name: 'EFS',
  title: 'Amazon EFS',
  keyProperties: [
    { resourceType: 'AWS::EFS::FileSystem', path: 'KmsKeyId' },
    { resourceType: 'AWS::EFS::FileSystem', path: 'ReplicationConfiguration.Destinations.*.KmsKeyId', regionPath: 'ReplicationConfiguration.Destinations.*.Region' },
  ],
  rows: [
    { sid: 'DeployThroughEFS', ...THROUGH_EFS, actions: ['kms:GenerateDataKeyWithoutPlaintext', 'kms:Decrypt', 'kms:DescribeKey'] },
    { sid: 'GrantThroughEFS', ...THROUGH_EFS, actions: ['kms:CreateGrant'] },
  ],
};
