import { spikeSentence } from './alerts';
import type { Alert } from './alerts';
import { DETECTORS, detector } from './detectors';
import type { AlertLevel, Detector, DetectorId, Need } from './detectors';
import { alertOf, Findings } from './findings';
import type { Finding } from './findings';
import type { History } from './history';
import { PREDICATES } from './predicates';
import type { Knowledge, RecordDetectorId } from './predicates';
import { SlidingRates } from './rates';
import type { Spike, SpikeThreshold } from './rates';
import { iso, keysOf, principalOf, secondOf } from './record';
import type { CloudTrailRecord } from './record';
import { SeenEvents } from './seen';
import { partsOf, seriesOf } from './series';
import { actionsOn, GET_PUBLIC_KEY, USE_EVENTS, usedKeys } from './uses';

/** A normal role's busiest hour is near 740 calls: the floor alone would tell of it. */
export const SPIKE: SpikeThreshold = { floor: 500, times: 3 };

/** As many calls in an hour are an alarm whoever makes them: the ceiling that `KeyAlarms` has while a key has no band. */
const CEILING = 20_000;

/** Whoever does something each day or night did it within that time. */
const DAY = 24 * 3600;

/** Who is granted what, as templates tell it. Templates do not know the ids that KMS gives to keys: which key is which may show late. */
export interface Grants extends Knowledge {
  /** Takes from a record what it tells of keys and grants. Records come in any order. */
  learn(record: CloudTrailRecord, principal: string): void;
  /** The keys of the templates, by names of their own, whose policies surely do not allow what this record says was done. */
  refusing(record: CloudTrailRecord, principal: string, key: string, action: string): readonly string[];
  /** After all records: by which of those names a key goes; undefined if it is no key of the templates, or nothing tells. */
  nameOf(key: string): string | undefined;
  /** After all records: whether a grant on the key, made by whom the templates let make grants or by a service, names the principal. */
  isGrantee(principal: string, key: string): boolean;
}

/** What a watch has to go by besides the records. */
export interface WatchOptions {
  /** @default - the detectors that need a template rest, and CDK's execution roles are who deploys */
  readonly grants?: Grants;
  /** @default - the detectors that need a baseline rest, and rates have no history but the records themselves */
  readonly history?: History;
  /** @default SPIKE */
  readonly spike?: SpikeThreshold;
}

/** What a watch found. */
export interface Watched {
  /** In the order in which they began. */
  readonly alerts: readonly Alert[];
  readonly records: number;
  /** Those of KMS, each once. */
  readonly kmsRecords: number;
  /** Records of KMS that were read again, and not counted. */
  readonly duplicates: number;
  /** Records of KMS that do not tell when they happened: only counted. */
  readonly unreadable: number;
}

/** Whether CloudFormation calls as the execution role that bootstrapping makes (CDK Developer Guide, "Bootstrapping"). */
export function isCdkDeployment(principal: string, { userIdentity }: CloudTrailRecord): boolean {
  return userIdentity?.invokedBy === 'cloudformation.amazonaws.com' && /:role\/(?:.*\/)?cdk-[a-z0-9]+-cfn-exec-role-/.test(principal);
}

const WITHOUT_TEMPLATE: Knowledge = { isDeployer: isCdkDeployment, isGrantCreator: () => false };

type RecordDetector = Detector & { readonly id: RecordDetectorId };

/** Detectors by the name of the events they look at: no name is of two sources. */
const BY_EVENT: ReadonlyMap<string, readonly RecordDetector[]> = byEvent();

function byEvent(): Map<string, RecordDetector[]> {
  const map = new Map<string, RecordDetector[]>();
  for (const each of DETECTORS.filter((one): one is RecordDetector => one.id in PREDICATES)) {
    for (const name of each.eventNames) map.set(name, [...map.get(name) ?? [], each]);
  }
  return map;
}

function detectorsOf({ eventSource, eventName }: CloudTrailRecord): readonly RecordDetector[] | undefined {
  const found = eventName === undefined ? undefined : BY_EVENT.get(eventName);
  return found?.[0].eventSource === eventSource ? found : undefined;
}

/** Detectors that cannot work with what they are given, and what each would need. */
export function resting({ grants, history }: WatchOptions): { readonly id: DetectorId; readonly needs: readonly Need[] }[] {
  const has = (need: Need): boolean => need === 'template' ? grants !== undefined : history !== undefined;
  return DETECTORS.filter(({ watchNeeds, notInRecords }) => notInRecords === undefined && watchNeeds.length > 0 && !watchNeeds.some(has))
    .map(({ id, watchNeeds }) => ({ id, needs: watchNeeds }));
}

/** Judges records one after the other. The order does not matter, nor do copies of a record. */
export class Watch {
  private readonly findings = new Findings();
  private readonly seen = new SeenEvents();
  private readonly rates: SlidingRates;
  private readonly knowledge: Knowledge;
  /** Roles and users that were made while the records were written, by others than deployers. */
  private readonly newcomers = new Set<string>();
  /** When the records of KMS begin. */
  private since = Infinity;
  private readonly counts = { records: 0, kmsRecords: 0, duplicates: 0, unreadable: 0 };

  constructor(private readonly options: WatchOptions = {}) {
    this.knowledge = options.grants ?? WITHOUT_TEMPLATE;
    this.rates = new SlidingRates(options.spike ?? SPIKE, options.history?.peaks());
  }

  accept(record: CloudTrailRecord): void {
    this.counts.records++;
    const ofKms = record.eventSource === 'kms.amazonaws.com';
    if (record.eventSource === 'iam.amazonaws.com') this.meet(record);
    const detectors = detectorsOf(record);
    if (!ofKms && detectors === undefined) return;
    const second = secondOf(record);
    if (second === undefined) {
      if (ofKms) { this.counts.kmsRecords++; this.counts.unreadable++; }
      return;
    }
    if (typeof record.eventID === 'string' && !this.seen.add(record.eventID, second)) {
      if (ofKms) this.counts.duplicates++;
      return;
    }
    if (ofKms) {
      this.counts.kmsRecords++;
      if (second < this.since) this.since = second;
    }
    const principal = principalOf(record);
    if (ofKms) this.options.grants?.learn(record, principal);
    for (const each of detectors ?? []) {
      const hit = PREDICATES[each.id](record, this.knowledge);
      if (hit) for (const key of oneAtLeast(hit.about ?? keysOf(record))) this.found(each, record, principal, key, second);
    }
    if (ofKms && typeof record.errorCode !== 'string') this.acceptUse(record, principal, second);
  }

  /** Nothing older than this comes any more. */
  settle(second: number): void {
    this.rates.settle(second);
    this.seen.forgetBefore(second);
  }

  finish(): Watched {
    const findings = this.findings.all().filter((finding) => this.stands(finding));
    const spikes = this.rates.finish().map((spike) => this.spikeAlert(spike, findings));
    const alerts = [...findings.map(alertOf), ...spikes];
    return { alerts: alerts.sort((one, other) => one.first < other.first ? -1 : one.first > other.first ? 1 : 0), ...this.counts };
  }

  /** Who comes into being (IAM API Reference, CreateRole, CreateUser). */
  private meet(record: CloudTrailRecord): void {
    const { eventName, errorCode, responseElements } = record;
    if ((eventName !== 'CreateRole' && eventName !== 'CreateUser') || typeof errorCode === 'string') return;
    const { arn } = Object(responseElements?.[eventName === 'CreateRole' ? 'role' : 'user']) as { readonly arn?: unknown };
    if (typeof arn === 'string' && !this.knowledge.isDeployer(principalOf(record), record)) this.newcomers.add(arn);
  }

  private spikeAlert(spike: Spike, findings: readonly Finding[]): Alert {
    const { detector: id, operation, principal } = partsOf(spike.series);
    const isAlarm = this.isBeyondHabit(spike, principal, findings);
    const withBaseline = this.options.history !== undefined;
    return {
      detector: id,
      level: isAlarm ? detector(id).level : 'info',
      key: spike.keys[0].key,
      principal,
      count: spike.count,
      first: iso(spike.first),
      last: iso(spike.last),
      message: spikeSentence(spike, operation, principal, { withBaseline, ...(isAlarm ? {} : { since: this.since }) }),
    };
  }

  /**
   * Whether a spike is beyond what the principal does. Where it did nothing before, that takes a history: records that begin the same day hold
   * no earlier night of a nightly batch. Without one it counts where the principal is new, or refused the use by a template, or where nobody
   * would call so often.
   */
  private isBeyondHabit({ usual, count, first, keys }: Spike, principal: string, findings: readonly Finding[]): boolean {
    const hasHistory = usual > 0 || this.options.history !== undefined || first - this.since >= DAY;
    if (hasHistory || count >= CEILING || this.newcomers.has(principal)) return true;
    return findings.some((finding) => finding.by.id === 'ungranted-use' && finding.principal === principal && keys.some(({ key }) => key === finding.key));
  }

  /** What a policy of the templates refuses is told if the key is the one that has that policy, and no grant let the principal in. */
  private stands({ refusedBy, key, principal }: Finding): boolean {
    const { grants } = this.options;
    return refusedBy === undefined || (grants!.nameOf(key) === refusedBy && !grants!.isGrantee(principal, key));
  }

  private acceptUse(record: CloudTrailRecord, principal: string, second: number): void {
    const event = record.eventName ?? '';
    const isUse = USE_EVENTS.has(event);
    if (!isUse && event !== GET_PUBLIC_KEY) return;
    const series = seriesOf(record, principal);
    const keys = usedKeys(record);
    if (series !== undefined) this.rates.add(series, second, keys[0] ?? '');
    const { grants, history } = this.options;
    if (grants) this.compareWithGrants(grants, record, principal, second, isUse ? 'ungranted-use' : 'ungranted-public-key');
    if (history) this.compareWithHistory(history, record, principal, second, keys, isUse);
  }

  private compareWithGrants(grants: Grants, record: CloudTrailRecord, principal: string, second: number, id: DetectorId): void {
    for (const { key, action } of actionsOn(record)) {
      for (const name of grants.refusing(record, principal, key, action)) this.found(detector(id), record, principal, key, second, name);
    }
  }

  private compareWithHistory(
    history: History, record: CloudTrailRecord, principal: string, second: number, keys: readonly string[], isUse: boolean,
  ): void {
    for (const key of keys) {
      if (history.used(principal, key, record.eventName ?? '') === false) this.found(detector('unusual-use'), record, principal, key, second);
      if (isUse && record.awsRegion !== undefined && history.usedIn(key, record.awsRegion) === false) {
        this.found(detector('unexpected-region'), record, principal, key, second);
      }
    }
  }

  private found(by: Detector, record: CloudTrailRecord, principal: string, key: string, second: number, refusedBy?: string): void {
    const level: AlertLevel = by.deployersAreExpected && this.knowledge.isDeployer(principal, record) ? 'info' : by.level;
    this.findings.add({ by, level, key, principal, refusedBy }, record, second);
  }
}

/** A record that names no key is told all the same. */
function oneAtLeast(keys: readonly string[]): readonly string[] {
  return keys.length ? keys : [''];
}
