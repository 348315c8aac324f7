import { ServiceCall, ServiceRowTime, ServiceUser } from './rows';
import type { KmsServiceProps, ServiceContext } from './rows';

const [INSTANCE, CLUSTER] = ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'];
const THROUGH_RDS = { shape: ServiceCall.THROUGH_SERVICE, via: 'rds.{region}.amazonaws.com' };
// Which operations the grants give is not documented, and the pair with the resource id, aws:rds:db-id or aws:rds:dbc-id, holds what nobody knows before.
const DEPLOYS = {
  who: ServiceUser.DEPLOYER,
  when: ServiceRowTime.GIVEN,
  ...THROUGH_RDS,
  page: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html',
  date: '2026-11-29',
};
const PERFORMANCE_INSIGHTS: ServiceContext = { key: 'aws:pi:service', values: ['rds'] };

/**
 * Amazon RDS and Aurora. It makes a grant for whoever makes a database, and works under that: whoever connects to one asks KMS nothing. Performance Insights asks
 * KMS for whoever looks at them. The key of the secret with a managed password is Secrets Manager's.
 */
export const RDS: KmsServiceProps = {
  name: 'RDS',
  title: 'Amazon RDS',
  keyProperties: [
    { resourceType: INSTANCE, path: 'KmsKeyId' },
    { resourceType: INSTANCE, path: 'PerformanceInsightsKMSKeyId' },
    { resourceType: INSTANCE, path: 'AutomaticBackupReplicationKmsKeyId', regionPath: 'AutomaticBackupReplicationRegion' },
    { resourceType: CLUSTER, path: 'KmsKeyId' },
    { resourceType: CLUSTER, path: 'PerformanceInsightsKmsKeyId' },
  ],
  rows: [
    { sid: 'DescribeThroughRDS', ...DEPLOYS, actions: ['kms:DescribeKey'] },
    { sid: 'GrantThroughRDS', ...DEPLOYS, actions: ['kms:CreateGrant'] },
    // DescribeDimensionKeys, GetDimensionKeyDetails and GetResourceMetrics, where they tell of SQL.
    {
      sid: 'ViewPerformanceInsights',
      who: ServiceUser.READER,
      when: ServiceRowTime.GRANTED,
      ...THROUGH_RDS,
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      context: PERFORMANCE_INSIGHTS,
      page: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PerfInsights.access-control.cmk-policy.html',
      date: '2026-11-29',
    },
  ],
};
