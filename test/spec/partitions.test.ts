import { partitionOf, urlSuffixOf } from '../../src/spec/partitions';
import { startLocalKms } from '../../src/testing';

describe('the partition of a Region', () => {
  const REGIONS: [region: string, partition: string, urlSuffix: string][] = [
    ['eu-west-1', 'aws', 'amazonaws.com'],
    ['us-east-1', 'aws', 'amazonaws.com'],
    ['cn-north-1', 'aws-cn', 'amazonaws.com.cn'],
    ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
    ['us-iso-east-1', 'aws-iso', 'c2s.ic.gov'],
    ['us-isob-east-1', 'aws-iso-b', 'sc2s.sgov.gov'],
    ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu'],
  ];

  test.each(REGIONS)('%s is in %s', (region, partition, urlSuffix) => {
    expect([partitionOf(region), urlSuffixOf(partition)]).toEqual([partition, urlSuffix]);
  });

  test.each(REGIONS)('%s: keys of the local KMS have ARNs of %s', async (region, partition) => {
    const local = await startLocalKms({ region, keys: [{}] });
    try {
      expect(local.keyArns[0]).toMatch(new RegExp(`^arn:${partition}:kms:${region}:`));
    } finally {
      await local.stop();
    }
  });
});
