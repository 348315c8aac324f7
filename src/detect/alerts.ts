import type { AlertLevel, Detector, DetectorId } from './detectors';
import type { Spike } from './rates';

/** What was found: by one detector, of one key and one principal. */
export interface Alert {
  readonly detector: DetectorId;
  readonly level: AlertLevel;
  /** ARN of the key, or of the alias or trail if it is about that; empty where no record tells. */
  readonly key: string;
  /** ARN of the role (not of its session), user or root user, name of a service, or account id. */
  readonly principal: string;
  /** Records; of a spike, the most in any hour. */
  readonly count?: number;
  /** ISO 8601, UTC. */
  readonly first: string;
  readonly last: string;
  /** One sentence for people. */
  readonly message: string;
}

interface Told {
  readonly deployed: boolean;
  readonly principal: string;
  readonly key: string;
  readonly count: number;
  readonly events: readonly string[];
  readonly from: readonly string[];
}

export function sentenceOf({ tellsWhen }: Detector, { deployed, principal, key, count, events, from }: Told): string {
  const times = count === 1 ? '' : ` ${count} times`;
  const where = from.length ? ` from ${from.join(', ')}` : '';
  const about = key === '' ? '' : ` on ${shortArn(key)}`;
  return `${shortArn(principal)} called ${events.join(', ')}${times}${about}${where}: ${deployed ? 'it deploys the key' : tellsWhen}`;
}

/** What a spike is compared with. */
interface Compared {
  readonly withBaseline: boolean;
  /** When the records begin, where they begin too late to tell; in seconds since 1970. */
  readonly since?: number;
}

export function spikeSentence({ count, usual, keys, first }: Spike, operation: string, principal: string, { withBaseline, since }: Compared): string {
  const where = keys.length === 1 ? `on ${shortArn(keys[0].key)}` : `on ${keys.length} keys, most of them on ${shortArn(keys[0].key)}`;
  const before = usual > 0 ? `it never did more than ${usual} in an hour before`
    : since === undefined ? `it never did before in these records${withBaseline ? ' or the baseline' : ''}`
      : `the records before it are of ${hours(first - since)}, in which it did nothing: a nightly batch looks the same. A baseline or a template would tell`;
  return `${shortArn(principal)} called ${operation} ${count} times within an hour ${where}: ${before}`;
}

function hours(seconds: number): string {
  const whole = Math.floor(seconds / 3600);
  return whole === 0 ? 'less than an hour' : whole === 1 ? 'an hour' : `${whole} hours`;
}

/** `role/Billing`, `key/1234…`: the account and Region stand in the ARN beside it. */
export function shortArn(arn: string): string {
  const resource = arn.startsWith('arn:') ? arn.split(':').slice(5).join(':') : arn;
  return resource === '' ? 'an unnamed key' : resource;
}
