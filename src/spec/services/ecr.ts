import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps } from './rows';

// The page names what ECR does under its grants, and not the operations of these.
const THROUGH_ECR = {
  who: ServiceUser.DEPLOYER,
  when: ServiceRowTime.GIVEN,
  shape: ServiceCall.THROUGH_SERVICE,
  via: 'ecr.{region}.amazonaws.com',
  page: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html',
  date: '2026-11-29',
};

/**
 * Amazon ECR. It looks at the key and makes two grants for whoever makes a repository, and works under these: whoever pushes and pulls images asks KMS nothing. Whoever
 * deletes a repository needs kms:RetireGrant, which only an IAM policy can give.
 */
export const ECR: KmsServiceProps = {
  name: 'ECR',
  title: 'Amazon ECR',
  keyProperties: [
    { resourceType: 'AWS::ECR::Repository', path: 'EncryptionConfiguration.KmsKey' },
    { resourceType: 'AWS::ECR::RepositoryCreationTemplate', path: 'EncryptionConfiguration.KmsKey' },
  ],
  rows: [
    { sid: 'DescribeThroughECR', ...THROUGH_ECR, actions: ['kms:DescribeKey'] },
    { sid: 'GrantThroughECR', ...THROUGH_ECR, actions: ['kms:CreateGrant'] },
  ],
};
