/** The six parts of an ARN. The last may itself hold colons. */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** The parts of an ARN, split at its first five colons; undefined for a string with fewer. */
export function splitArn(arn: string): string[] | undefined {
  const parts = arn.split(':');
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** An ARN by its parts; undefined for a string that is none. */
export function parseArn(arn: string): Arn | undefined {
  const parts = splitArn(arn);
  if (parts?.[0] !== 'arn') return undefined;
  const [, partition, service, region, account, resource] = parts;
  return { partition, service, region, account, resource };
}
