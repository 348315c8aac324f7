/** Partitions by the start of their Regions' names (AWS General Reference, "Amazon Resource Names"; CloudFormation, `AWS::URLSuffix`). */
const PARTITIONS: readonly { readonly regions: string; readonly partition: string; readonly urlSuffix: string }[] = [
  { regions: 'cn-', partition: 'aws-cn', urlSuffix: 'amazonaws.com.cn' },
  { regions: 'us-gov-', partition: 'aws-us-gov', urlSuffix: 'amazonaws.com' },
  { regions: 'us-iso-', partition: 'aws-iso', urlSuffix: 'c2s.ic.gov' },
  { regions: 'us-isob-', partition: 'aws-iso-b', urlSuffix: 'sc2s.sgov.gov' },
  { regions: 'eusc-', partition: 'aws-eusc', urlSuffix: 'amazonaws.eu' },
];

/** The partition of a Region: of the first one, `aws`, if its name tells no other. */
export function partitionOf(region: string): string {
  return PARTITIONS.find(({ regions }) => region.startsWith(regions))?.partition ?? 'aws';
}

/** The end of host names in a partition. */
export function urlSuffixOf(partition: string): string {
  return PARTITIONS.find((entry) => entry.partition === partition)?.urlSuffix ?? 'amazonaws.com';
}
