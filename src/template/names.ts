import { createHash } from 'node:crypto';

/**
 * Physical names and ids for resources whose template gives none. CloudFormation's own are random; these have the same shape and
 * come from a hash, so that reading the same template twice gives the same deployment.
 * Source: CloudFormation User Guide, "Name type": `<stack>-<logical id>-<random>`, shortened to what the type allows.
 */

const MIXED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LOWER = 'abcdefghijklmnopqrstuvwxyz0123456789';
const RANDOM_LENGTH = 12;

/** Of what a generated name is made. */
export interface NameParts {
  readonly stack: string;
  readonly logicalId: string;
  /** Unique to the resource: stack, account, Region and logical id. */
  readonly seed: string;
  /** What the type puts at the end: `.fifo`. */
  readonly suffix?: string;
}

/** How CloudFormation names resources of one type. */
export type NameShape = (parts: NameParts) => string;

/** `<stack>-<logical id>-<12 characters>` within `max` characters. */
export function stackAndId(max: number): NameShape {
  return ({ stack, logicalId, seed, suffix = '' }) => `${joined(max - suffix.length, [withoutDouble(stack), logicalId], pick(seed, MIXED, RANDOM_LENGTH))}${suffix}`;
}

/** The same in lower case, for S3 and others that accept nothing else. */
export function lowerStackAndId(max: number): NameShape {
  return ({ stack, logicalId, seed }) => joined(max, [withoutDouble(stack.toLowerCase()), logicalId.toLowerCase()], pick(seed, LOWER, RANDOM_LENGTH));
}

/** `<prefix><logical id>-<12 characters>`: Secrets Manager, Step Functions, Parameter Store. */
export function idOnly(max: number, prefix = ''): NameShape {
  return ({ logicalId, seed }) => joined(max, [`${prefix}${logicalId}`], pick(seed, MIXED, RANDOM_LENGTH));
}

/** CloudFormation makes one hyphen of several in a stack's name. Source: `IdentifierUtils` of the CloudFormation CLI's Java plugin. */
function withoutDouble(stack: string): string {
  return stack.replace(/-{2,}/g, '-');
}

function joined(max: number, parts: readonly string[], random: string): string {
  const room = max - random.length - parts.length;
  return [...shortened(parts, room), random].join('-');
}

/** Cuts the longer part first: each may have an equal share, and what a short one leaves goes to the other. */
function shortened(parts: readonly string[], room: number): string[] {
  const [first, second] = parts;
  if (second === undefined) return [first.slice(0, room)];
  const half = Math.floor(room / 2);
  const firstRoom = Math.max(half, room - second.length);
  const head = first.slice(0, firstRoom);
  return [head, second.slice(0, room - head.length)];
}

function pick(seed: string, alphabet: string, length: number): string {
  const bytes = createHash('sha512').update(seed).digest();
  return Array.from({ length }, (_, index) => alphabet[bytes[index] % alphabet.length]).join('');
}

/** Six characters, as Secrets Manager puts behind a secret's name in its ARN. */
export function secretSuffix(seed: string): string {
  return pick(`${seed}/suffix`, MIXED, 6);
}

/** Capital letters and digits, as in the unique ids of IAM. */
export function upperId(seed: string, length: number): string {
  return pick(`${seed}/id`, UPPER, length);
}

/** Small letters and digits, as in ids of API Gateway. */
export function lowerId(seed: string, length: number): string {
  return pick(`${seed}/id`, LOWER, length);
}

export function hexId(seed: string, length: number): string {
  return createHash('sha256').update(`${seed}/id`).digest('hex').slice(0, length);
}

/** A UUID of version 4 by its shape, as KMS gives to keys. */
export function uuid(seed: string): string {
  const hex = hexId(seed, 32);
  const variant = '89ab'[parseInt(hex[16], 16) % 4];
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`, hex.slice(20)].join('-');
}
