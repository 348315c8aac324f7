/**
 * Regions by partition, as endpoints of AWS are made for: a message names its Regions itself, and whatever looks like one
 * would have a client made for it, and a host asked that its author thought of.
 * AWS SDK for JavaScript, partitions.json; AWS Regions and Availability Zones, "AWS Regions".
 */
const REGIONS: Readonly<Record<string, string>> = {
  'aws': 'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 '
    + 'ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 '
    + 'eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 me-west-1 mx-central-1 sa-east-1 sa-west-1 us-east-1 us-east-2 us-west-1 us-west-2',
  'aws-cn': 'cn-north-1 cn-northwest-1',
  'aws-eusc': 'eusc-de-east-1',
  'aws-iso': 'us-iso-east-1 us-iso-west-1',
  'aws-iso-b': 'us-isob-east-1 us-isob-west-1',
  'aws-iso-e': 'eu-isoe-west-1',
  'aws-iso-f': 'us-isof-east-1 us-isof-south-1',
  'aws-us-gov': 'us-gov-east-1 us-gov-west-1',
};

/** The Regions of a partition, the own one first, which is nearest; undefined for a partition that is not known here. */
export const knownRegions = (partition: string, own = process.env.AWS_REGION): readonly string[] | undefined => {
  const regions = Object.hasOwn(REGIONS, partition) ? REGIONS[partition].split(' ') : undefined;
  return regions && [...regions.filter((region) => region === own), ...regions.filter((region) => region !== own)];
};
