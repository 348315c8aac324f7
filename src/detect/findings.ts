import { sentenceOf } from './alerts';
import type { Alert } from './alerts';
import type { AlertLevel, Detector, DetectorId } from './detectors';
import { iso, text } from './record';
import type { CloudTrailRecord } from './record';

/** Addresses that a sentence names. */
const ADDRESSES_AT_MOST = 4;

/** What a record is evidence of. */
export interface Evidence {
  readonly by: Detector;
  readonly level: AlertLevel;
  readonly principal: string;
  /** Empty where no record tells. */
  readonly key: string;
  /** The key of the templates whose policy refuses it, if that is what was asked. */
  readonly refusedBy?: string;
}

/** Records of one kind: the same detector, level, key and principal. */
export interface Finding extends Evidence {
  count: number;
  first: number;
  last: number;
  readonly events: Set<string>;
  readonly from: Set<string>;
}

/** Counts records by what they are evidence of. With templates that is asked of nearly every record: nothing is made of those that were met before. */
export class Findings {
  private readonly byPrincipal = new Map<string, Map<string, Finding[]>>();

  add(evidence: Evidence, { eventName = '', sourceIPAddress }: CloudTrailRecord, second: number): void {
    const found = this.find(evidence) ?? this.begin(evidence, second);
    found.count++;
    if (second < found.first) found.first = second;
    if (second > found.last) found.last = second;
    found.events.add(eventName);
    if (found.from.size >= ADDRESSES_AT_MOST) return;
    const from = text(sourceIPAddress);
    if (from !== undefined) found.from.add(from);
  }

  all(): Finding[] {
    return [...this.byPrincipal.values()].flatMap((byKey) => [...byKey.values()].flat());
  }

  private find({ by, level, principal, key, refusedBy }: Evidence): Finding | undefined {
    return this.byPrincipal.get(principal)?.get(key)?.find((each) => each.by === by && each.level === level && each.refusedBy === refusedBy);
  }

  private begin(evidence: Evidence, second: number): Finding {
    const { principal, key } = evidence;
    const finding: Finding = { ...evidence, count: 0, first: second, last: second, events: new Set(), from: new Set() };
    let byKey = this.byPrincipal.get(principal);
    if (!byKey) this.byPrincipal.set(principal, byKey = new Map<string, Finding[]>());
    const known = byKey.get(key);
    if (known) known.push(finding);
    else byKey.set(key, [finding]);
    return finding;
  }
}

export function alertOf({ by, level, key, principal, count, first, last, events, from }: Finding): Alert {
  return {
    detector: by.id as DetectorId,
    level,
    key,
    principal,
    count,
    first: iso(first),
    last: iso(last),
    message: sentenceOf(by, { deployed: level !== by.level, principal, key, count, events: [...events], from: [...from] }),
  };
}
