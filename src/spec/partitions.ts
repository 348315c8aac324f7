/** How the names of its Regions begin, its own name, and how its host names end: those with IPv4 alone, and those with both versions of IP. */
type Partition = readonly [regions: string, partition: string, urlSuffix: string, dualStackSuffix: string];

/** Source: AWS General Reference, "Amazon Resource Names"; CloudFormation, `AWS::URLSuffix`; the partitions file of the AWS SDKs. */
const PARTITIONS: readonly Partition[] = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com', 'api.aws'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  // The one whose Regions begin in no way of their own.
  ['', 'aws', 'amazonaws.com', 'api.aws'],
];

/** The partition of a Region: of the first one, `aws`, if its name tells no other. */
export function partitionOf(region: string): string {
  return inRegion(region)[1];
}

/** The end of host names in a partition. */
export function urlSuffixOf(partition: string): string {
  return PARTITIONS.find(([, name]) => name === partition)?.[2] ?? 'amazonaws.com';
}

/** The end of host names of services in a Region. */
export function hostSuffixOf(region: string, dualStack: boolean): string {
  return inRegion(region)[dualStack ? 3 : 2];
}

function inRegion(region: string): Partition {
  return PARTITIONS.find(([regions]) => region.startsWith(regions))!;
}
