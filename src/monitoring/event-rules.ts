import { Lazy, type IResolveContext } from 'aws-cdk-lib';
import { Rule, type CfnRule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { Delivery } from './delivery';
import { allCallers, merged, type Callers, type Granted } from './granted';
import { shareOut, within, type SharedOut } from './name-ranges';
import { asName, type Told } from './notifications';
import { complexityOf } from './pattern-complexity';
import { packed, sizeOf } from './pattern-size';
import * as patterns from './patterns';
import type { Pattern } from './patterns';
import type { Settings } from './settings';
import type { Namer, WatchedKey } from './watched-key';
import type { KeyUses } from '../app/key-uses';
import { inform, warn } from '../app/warnings';
import { DETECTORS, type Detector, type DetectorId } from '../detect/detectors';
import type { Moment } from '../policy/key-policy';
import { EVENT_PATTERN_CHARACTERS, RULES_PER_BUS, WILDCARD_COMPLEXITY } from '../spec/limits';

/** What rules are made of. */
export interface Watch {
  readonly all: readonly WatchedKey[];
  /** Those whose use is watched. */
  readonly used: readonly WatchedKey[];
  readonly uses: KeyUses;
  readonly nameOf: Namer;
  readonly settings: Settings;
  readonly delivery: Delivery;
}

/** What a rule of a detector looks for, for some keys. */
type PatternOf = (detector: Detector, keys: readonly WatchedKey[]) => Pattern;

/** Calls that change a key. */
const CHANGES = DETECTORS.filter(({ mechanism, eventSource }) => mechanism === 'write event' && eventSource === 'kms.amazonaws.com').flatMap(({ eventNames }) => eventNames);

/** The call that signers of a key with generations are refused while it changes. */
const SIGN = 'Sign';

/** What tells a rule from others of its detector, and what is looked at when the app is validated. */
interface Named {
  readonly name?: string;
  readonly validate?: () => string[];
}

/** Read-only events, which Decrypt and Sign are, reach rules in this state only. It is CloudFormation's: CDK has no word for it. */
const WITH_READS = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

export function makeEventRules(scope: Construct, watch: Watch): void {
  if (!watch.all.length) return;
  const rules = new EventRules(scope, watch);
  rules.watchChanges();
  rules.watchTrail();
  rules.watchWhatKmsTells();
  rules.watchUse();
  rules.watchRefusals();
  rules.tellOfQuota();
}

class EventRules {
  private made = 0;

  constructor(private readonly scope: Construct, private readonly watch: Watch) {}

  public watchChanges(): void {
    const { settings, uses, all, delivery } = this.watch;
    const expected = this.deployers();
    const changes: [DetectorId, readonly WatchedKey[], PatternOf][] = [
      ['key-deletion-scheduled', all, (detector, keys) => patterns.change(detector, arnsOf(keys), expected)],
      ['key-disabled', all, (detector, keys) => patterns.change(detector, arnsOf(keys), expected)],
      ['key-policy-changed', all, (detector, keys) => patterns.change(detector, arnsOf(keys), expected)],
      ['grant-created', all, (detector, keys) => patterns.grantChange(detector, arnsOf(keys), allCallers([expected, settings.grantCreators]))],
      ['grant-revoked', all, (detector, keys) => patterns.grantChange(detector, arnsOf(keys), allCallers([expected, settings.grantCreators]))],
      ['alias-changed', all, (detector, keys) => patterns.change(detector, [...arnsOf(keys), ...keys.flatMap((key) => key.aliases(uses))], expected)],
      ['key-material-deleted', all.filter(({ mayBeImported }) => mayBeImported), (detector, keys) => patterns.change(detector, arnsOf(keys), expected)],
      ['key-replicated', all.filter(({ mayReplicate }) => mayReplicate), (detector, keys) => patterns.change(detector, arnsOf(keys), expected)],
      ['rotation-disabled', all.filter(({ mayRotate }) => mayRotate), (detector, keys) => patterns.change(detector, arnsOf(keys), expected)],
    ];
    for (const [id, keys, pattern] of changes) this.forAll(id, keys, pattern);
    if (!delivery.informs || !(expected.issuers.length || expected.users.length)) return;
    const told: Told = {
      id: 'deployment',
      level: 'info',
      mechanism: 'write event',
      eventSource: 'kms.amazonaws.com',
      tellsWhen: 'a deployer changes a key',
      nextSteps: ['Nothing has to be done.', 'See which deployment it was.', 'See that nobody else did.'],
    };
    const named = (keys: readonly WatchedKey[]) => [...arnsOf(keys), ...keys.flatMap((key) => key.aliases(uses))];
    this.share(told, all, (keys) => patterns.expectedChange(CHANGES, named(keys), expected), false);
  }

  public watchTrail(): void {
    const { trail, trailIsElsewhere } = this.watch.settings;
    const detector = this.watch.settings.detector('trail-blinded');
    if (!detector || trailIsElsewhere) return;
    const trails = [trail.trailArn, trail.trailName].filter((each) => each !== undefined);
    const which = trails.length ? trails : undefined;
    this.rule(detector, 1, () => patterns.trailStopped(which, this.deployers()), false, { name: 'ByStop' });
    this.rule(detector, 1, () => patterns.trailNarrowed(which, this.deployers()), false, { name: 'BySelectors' });
  }

  public watchWhatKmsTells(): void {
    const { all, delivery } = this.watch;
    this.forAll('key-deleted', all, (detector, keys) => patterns.native(detector, arnsOf(keys)));
    this.forAll('key-material-expired', all.filter(({ mayBeImported }) => mayBeImported), (detector, keys) => patterns.native(detector, arnsOf(keys)));
    if (delivery.informs) this.forAll('key-rotated', all.filter(({ mayRotate }) => mayRotate), (detector, keys) => patterns.native(detector, arnsOf(keys)));
  }

  public watchRefusals(): void {
    const { used, settings } = this.watch;
    const single = used.filter(({ family }) => !family);
    this.forAll('denied-call', single, (detector, keys) => patterns.denied(detector.eventNames, arnsOf(keys)), true);
    this.forAll('denied-call', single, (detector, keys) => patterns.deniedInMessage(detector.eventNames, idsOf(keys)), true, IN_MESSAGE);
    this.watchRefusalsOfGenerations(used.filter(({ family }) => family));
    this.forAll('use-while-pending-deletion', used, (detector, keys) => patterns.pendingDeletion(detector.eventNames, arnsOf(keys)), true);
    const { expectedRegions } = settings;
    if (!expectedRegions) return;
    const replicated = used.filter(({ mayReplicate }) => mayReplicate);
    this.forAll('unexpected-region', replicated, (detector, keys) => patterns.elsewhere(detector.eventNames, idsOf(keys), expectedRegions), true);
  }

  public watchUse(): void {
    const ids: [DetectorId, (key: WatchedKey) => readonly string[]][] = [
      ['ungranted-use', ({ uses }) => uses],
      ['ungranted-public-key', ({ mayHavePublicKey }) => (mayHavePublicKey ? ['GetPublicKey'] : [])],
    ];
    for (const [id, eventsOf] of ids) {
      const detector = this.watch.settings.detector(id);
      if (!detector) continue;
      // Keys that the same may use share rules: told by what their policies say before stacks are linked.
      const groups = new Map<string, { readonly keys: WatchedKey[]; readonly events: readonly string[] }>();
      for (const key of this.watch.used) {
        const events = eventsOf(key);
        const granted = events.length ? this.granted(key, events, 'before linking') : undefined;
        if (!granted) continue;
        if (granted.openBecause !== undefined) {
          inform(key.key, 'cdk-keysmith:use-not-watched', `'${this.scope.node.path}' does not watch who uses ${key.label}, as ${granted.openBecause}: name those who may (granted: […])`);
          continue;
        }
        const same = JSON.stringify([events, granted]);
        const group = groups.get(same) ?? { keys: [], events };
        group.keys.push(key);
        groups.set(same, group);
      }
      for (const { keys, events } of groups.values()) this.watchUseOf(detector, keys, events);
    }
  }

  /** EventBridge has a quota of rules for a bus. */
  public tellOfQuota(): void {
    if (this.made <= RULES_PER_BUS) return;
    inform(this.scope, 'cdk-keysmith:many-rules', `the alarms take ${this.made} rules, and an event bus has a quota of ${RULES_PER_BUS}, which AWS raises on request: let several functions share a role, `
      + 'or leave detectors out (without: […])');
  }

  /** A deployment that changes which generation signs has signers refused, and they go on with the next: nobody needs to be told of that. */
  private watchRefusalsOfGenerations(keys: readonly WatchedKey[]): void {
    const detector = this.watch.settings.detector('denied-call');
    if (!detector) return;
    const others = detector.eventNames.filter((event) => event !== SIGN);
    const ways: readonly [name: string, of: (events: readonly string[], group: readonly WatchedKey[]) => Pattern][] = [
      ['', (events, group) => patterns.denied(events, arnsOf(group))],
      [IN_MESSAGE, (events, group) => patterns.deniedInMessage(events, idsOf(group))],
    ];
    for (const [name, refused] of ways) {
      this.share(detector, keys, (group) => refused(others, group), true, `OfGenerations${name}`);
      for (const family of new Set(keys.map((key) => key.family!))) {
        const generations = keys.filter((key) => key.family === family);
        const bySigners = (group: readonly WatchedKey[], moment: Moment) => (
          patterns.butForSigners(refused([SIGN], group), this.granted(generations[0], [SIGN], moment)));
        packed(generations, (group) => this.fits(bySigners(group, 'before linking'))).forEach((group, i) => {
          // Signers that are too many for one rule are told of, rather than nobody.
          const isShort = this.fits(bySigners(group, 'before linking'));
          const pattern = (moment: Moment) => (isShort ? bySigners(group, moment) : refused([SIGN], group));
          this.rule(detector, i + 1, pattern, true, { name: `OfSigning${this.watch.nameOf(family.node)}${name}` });
        });
      }
    }
  }

  private watchUseOf(detector: Detector, keys: readonly WatchedKey[], events: readonly string[]): void {
    const first = (group: readonly WatchedKey[]) => this.granted(group[0], events, 'before linking');
    const fitsFor = (group: readonly WatchedKey[]) => ({ range, issuers }: SharedOut) =>
      this.fits(patterns.ungranted(events, arnsOf(group), first(group), issuers, range));
    // As many keys to a rule as leave room for the whole set; where the set alone is too long, it is shared out for each key.
    for (const group of packed(keys, (some) => fitsFor(some)({ range: {}, issuers: first(some).issuers }))) {
      const parts = shareOut(first(group).issuers, fitsFor(group));
      const name = this.watch.nameOf(group[0]);
      if (!parts) {
        const { issuers } = first(group);
        const patternsOfArns = issuers.filter(({ isPattern }) => isPattern).length;
        warn(group[0].key, 'cdk-keysmith:use-not-watched', `'${this.scope.node.path}' does not watch who uses ${group[0].label}: ${patternsOfArns > 1
          ? `its policy names ${patternsOfArns} patterns of ARNs among ${issuers.length}, more than a rule of EventBridge takes. Name roles by their ARNs`
          : `${issuers.length} roles may, and their names begin too much alike to be shared out over rules of 2,048 characters. Let functions share roles, or give roles names (roleName)`}`);
        continue;
      }
      parts.forEach(({ range }, i) => {
        this.rule(detector, i + 1, (moment) => {
          const granted = group.map((key) => this.granted(key, events, moment)).reduce(merged);
          return patterns.ungranted(events, arnsOf(group), granted, within(granted.issuers, range), range);
        }, true, { name, validate: () => this.differing(group, events) });
      });
    }
  }

  /** Whether the keys that share a rule are still for the same users: told alike, whichever way templates refer to them. */
  private differing(keys: readonly WatchedKey[], events: readonly string[]): string[] {
    const sets = new Set(keys.map((key) => JSON.stringify(this.granted(key, events, 'before linking'))));
    return sets.size < 2 ? [] : [`${keys.map(({ label }) => label).join(' and ')} share a rule of '${this.scope.node.path}', and an aspect has granted the use of one of them since: grant earlier, `
      + 'or watch them with alarms of their own'];
  }

  private granted(key: WatchedKey, events: readonly string[], moment: Moment): Granted {
    return key.granted(actionsOf(events), moment, { besides: this.watch.settings.granted, uses: this.watch.uses, scope: this.scope });
  }

  private deployers(): Callers {
    return allCallers([...this.watch.all.map(({ deployers }) => deployers), this.watch.settings.deployers]);
  }

  /** One rule for all keys, or several where they are many. */
  private forAll(id: DetectorId, keys: readonly WatchedKey[], pattern: PatternOf, reads = false, name = ''): void {
    const detector = this.watch.settings.detector(id);
    if (detector) this.share(detector, keys, (group) => pattern(detector, group), reads, name);
  }

  private share(told: Told, keys: readonly WatchedKey[], pattern: (keys: readonly WatchedKey[]) => Pattern, reads: boolean, name = ''): void {
    packed(keys, (group) => this.fits(pattern(group))).forEach((group, i) => this.rule(told, i + 1, () => pattern(group), reads, { name }));
  }

  private fits(pattern: Pattern): boolean {
    return sizeOf(pattern, this.scope) < EVENT_PATTERN_CHARACTERS && complexityOf(pattern) <= WILDCARD_COMPLEXITY;
  }

  private rule(told: Told, n: number, pattern: (moment: Moment) => Pattern, reads: boolean, { name = '', validate = () => [] }: Named = {}): void {
    this.made++;
    const id = `${asName(told.id)}${name}${n > 1 ? n : ''}`;
    const rule = new Rule(this.scope, id, { description: `Tells when ${told.tellsWhen}`.slice(0, 512), eventPattern: { source: ['aws.kms'] } });
    const resource = rule.node.defaultChild as CfnRule;
    resource.eventPattern = Lazy.uncachedAny({ produce: ({ preparing }: IResolveContext) => pattern(preparing ? 'preparing' : 'rendering') });
    if (reads) resource.addPropertyOverride('State', WITH_READS);
    this.watch.delivery.rule(rule, told, this.watch.settings.runbook(told.id));
    rule.node.addValidation({ validate: () => [...validate(), ...this.tooLong(rule, pattern)] });
  }

  /** Who was granted something after the rules were made may be too much for them. */
  private tooLong(rule: Rule, pattern: (moment: Moment) => Pattern): string[] {
    const rendered = pattern('rendering');
    const size = sizeOf(rendered, rule);
    const why = size >= EVENT_PATTERN_CHARACTERS ? `of ${size} characters, and EventBridge takes fewer than ${EVENT_PATTERN_CHARACTERS}`
      : complexityOf(rendered) > WILDCARD_COMPLEXITY ? 'with more patterns of ARNs than EventBridge takes in one' : undefined;
    return why === undefined ? [] : [`'${rule.node.path}' would have a pattern ${why}: `
      + 'an aspect granted so late that the rules were made already. Grant earlier, or name those in granted: […] of the alarms'];
  }
}

/** Ends the ids of rules on records that name the key in the message alone. */
const IN_MESSAGE = 'InMessage';

function arnsOf(keys: readonly WatchedKey[]): string[] {
  return keys.map(({ arn }) => arn);
}

function idsOf(keys: readonly WatchedKey[]): string[] {
  return keys.map(({ key }) => key.keyId);
}

/** The actions by which policies allow what CloudTrail calls so. */
function actionsOf(events: readonly string[]): string[] {
  return events.flatMap((event) => (event === 'ReEncrypt' ? ['kms:ReEncryptFrom', 'kms:ReEncryptTo'] : [`kms:${event}`]));
}
