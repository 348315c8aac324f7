import { SlidingRates } from './rates';
import { principalOf, secondOf } from './record';
import type { CloudTrailRecord } from './record';
import { SeenEvents } from './seen';
import { seriesOf } from './series';
import { GET_PUBLIC_KEY, USE_EVENTS, usedKeys } from './uses';

/** What is normal, learnt from the records of an earlier time. */
export class History {
  private readonly uses = new Set<string>();
  private readonly keys = new Set<string>();
  private readonly regions = new Map<string, Set<string>>();
  private readonly seen = new SeenEvents();
  private readonly rates = new SlidingRates({ floor: Infinity, times: 1 });
  /** Records of uses of keys. */
  public records = 0;

  /** @param learner is shown all records of KMS, for what they tell of keys and grants */
  constructor(private readonly learner?: { learn(record: CloudTrailRecord, principal: string): void }) {}

  accept(record: CloudTrailRecord): void {
    if (record.eventSource !== 'kms.amazonaws.com') return;
    const principal = principalOf(record);
    this.learner?.learn(record, principal);
    const event = record.eventName ?? '';
    if (!(USE_EVENTS.has(event) || event === GET_PUBLIC_KEY) || typeof record.errorCode === 'string') return;
    const second = secondOf(record);
    if (second === undefined || (typeof record.eventID === 'string' && !this.seen.add(record.eventID, second))) return;
    this.records++;
    const keys = usedKeys(record);
    for (const key of keys) {
      this.keys.add(key);
      this.uses.add(useOf(principal, key, event));
      const id = multiRegionId(key);
      if (id !== undefined && record.awsRegion !== undefined) this.regions.set(id, (this.regions.get(id) ?? new Set()).add(record.awsRegion));
    }
    const series = seriesOf(record, principal);
    if (series !== undefined) this.rates.add(series, second, keys[0] ?? '');
  }

  /** Everything older has come. */
  settle(second: number): void {
    this.rates.settle(second);
    this.seen.forgetBefore(second);
  }

  /** The most calls in any hour, by series. */
  peaks(): ReadonlyMap<string, number> {
    this.rates.finish();
    return this.rates.peaks();
  }

  /** Whether a principal used a key in this way; undefined where nothing is known of the key. */
  used(principal: string, key: string, event: string): boolean | undefined {
    return this.keys.has(key) ? this.uses.has(useOf(principal, key, event)) : undefined;
  }

  /** Whether a multi-Region key was used in a Region; undefined for other keys, and where nothing is known of it. */
  usedIn(key: string, region: string): boolean | undefined {
    const id = multiRegionId(key);
    return id === undefined ? undefined : this.regions.get(id)?.has(region);
  }
}

function useOf(principal: string, key: string, event: string): string {
  return `${event} ${key} ${principal}`;
}

/** The same in all Regions (KMS Developer Guide, "Key identifiers"). */
function multiRegionId(keyArn: string): string | undefined {
  const at = keyArn.indexOf(':key/mrk-');
  return at < 0 ? undefined : keyArn.slice(at + 5);
}
