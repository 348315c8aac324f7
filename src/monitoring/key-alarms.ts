import { Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Delivery } from './delivery';
import { makeEventRules } from './event-rules';
import type { KeyAlarmsProps } from './key-alarms-props';
import { makeMetricAlarms } from './metric-alarms';
import { settingsOf, type Settings } from './settings';
import { WatchedKey, namerOf } from './watched-key';
import { valueInWords } from '../app/arguments';
import { afterGrants } from '../app/before-linking';
import { KEY_OF_GENERATIONS, VIEW, differ, isMarked, mark } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import { inform } from '../app/warnings';
import type { IKeyAlarms, KeysmithKey } from '../keys';
import { plainText } from '../policy/conditions';

/**
 * Alarms for keys: rules of EventBridge on what is done to them and who uses them, and metric alarms on how often. They say which key, who, what, when, from where, and what to do.
 *
 * | what is watched | by what | cost, list price | what it does not see |
 * |---|---|---|---|
 * | changes of a key, its policy, grants, aliases, replicas, rotation; the trail | rules, ordinary state | none: events of AWS services are free | anything while no trail logs |
 * | use by whom the key policy does not name, use pending deletion, refused calls | rules, state `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS` | none | refused calls of other accounts, which are logged there; cached data keys and S3 Bucket Keys; a granted role that is misused |
 * | deletion, rotation, expiry | events of KMS itself | none | rotation and expiry are told at best effort |
 * | rates of Decrypt, Sign, GenerateDataKeyWithoutPlaintext; the request quota | metric alarms | 1 USD a month for a key and operation with a band, 0.10 for a ceiling or a quota | who it was; refused calls |
 *
 * Who may use a key is read from its own policy when the app is synthesized, grants included that are made after the alarms. Keys with the same rules share them.
 *
 * A rule has fewer than 2,048 characters, and few wildcards: where the keys, or those who are granted their use, are too many for one, there are several, each for a part.
 *
 * Sources: EventBridge User Guide, "Receiving read-only management events from AWS services"; KMS Developer Guide, "Monitoring AWS KMS keys".
 */
export class KeyAlarms extends Construct implements IKeyAlarms {
  /** Where alarms are sent; undefined where actions and targets of your own take its place. */
  public readonly topic?: ITopic;

  private readonly watched = new Map<IKey, WatchedKey>();
  private readonly settings: Settings;
  private readonly delivery: Delivery;
  private isBuilt = false;

  constructor(scope: Construct, id: string, props: KeyAlarmsProps) {
    super(scope, id);
    mark(this, ALARMS);
    this.settings = settingsOf(props, this);
    this.delivery = new Delivery(this, props);
    this.topic = this.delivery.topic;
    const { trail, trailIsElsewhere } = this.settings;
    if (trail.elsewhereBecause !== undefined) {
      inform(this, 'cdk-keysmith:trail-elsewhere', `rules see calls only while a trail records them, and nobody here can look at it: ${trail.elsewhereBecause}`);
    }
    if (trailIsElsewhere) inform(this, 'cdk-keysmith:trail-elsewhere', `${trailIsElsewhere}, where alone rules see it being stopped: make KeyAlarms there, too`);
    for (const key of props.keys ?? []) this.watch(key);
    buildAlarms(this);
  }

  /**
   * Watches a key; of one with generations, all of them.
   *
   * Throws for the view of a key, for an alias, which no record of a use and no metric names, and for a key of another account or Region: rules and metrics are those of the key's own.
   */
  public watch(key: IKey): void {
    if (typeof (key as Partial<IKey> | undefined)?.keyArn !== 'string') throw new Error(`${this.node.path}: a key to watch is ${valueInWords(key)}: hand over keys, like a SymmetricDataKey or a kms.Key`);
    if (isMarked<unknown>(key as unknown, VIEW)) throw new Error(`${this.node.path}: '${key.node.path}' is a key as one service sees it: watch the key itself`);
    const here = Stack.of(this);
    if ('aliasName' in key || plainText(here.resolve(key.keyArn)).includes(':alias/')) {
      throw new Error(`${this.node.path}: '${key.node.path}' is an alias, and records of uses and metrics name keys alone, so that nothing would ever fire: watch the key itself, `
        + 'one from elsewhere by its ARN (Key.fromKeyArn) or looked up (Key.fromLookup)');
    }
    const { region, account } = key.env;
    if (differ(region, here.region) || differ(account, here.account)) {
      throw new Error(`${this.node.path}: '${key.node.path}' is in account ${account}, Region ${region}: its calls and metrics are seen there only. Make KeyAlarms in a stack of that environment`);
    }
    if (this.isBuilt) throw new Error(`${this.node.path}: '${key.node.path}' is too late: the alarms are made already`);
    for (const each of isMarked<KeysmithKey>(key, KEY_OF_GENERATIONS) ? key._keys : [key]) {
      if (!this.watched.has(each)) this.watched.set(each, new WatchedKey(each));
    }
  }

  /**
   * Makes rules and alarms, once all grants are made.
   *
   * @internal
   */
  public _build(): void {
    if (this.isBuilt) return;
    this.isBuilt = true;
    const uses = KeyUses.of(this);
    const all = [...this.watched.values()];
    // Each alarm is encrypted under the topic's key: watched for its use, that would raise the next.
    const own = all.filter(({ key }) => this.delivery.isEncryptedWith(key, uses));
    const used = all.filter((key) => !own.includes(key));
    for (const { key, label } of own) inform(key, 'cdk-keysmith:alarm-topic-key', `${label} encrypts the topic of '${this.node.path}': its use is not watched, as each alarm would raise the next`);
    this.delivery.warnOfLostMessages(uses);
    const { settings, delivery } = this;
    const nameOf = namerOf([...all, ...all.flatMap(({ family }) => family?.node ?? [])]);
    makeEventRules(this, { all, used, uses, nameOf, settings, delivery });
    makeMetricAlarms(this, { all, used, nameOf, settings, delivery });
  }
}

const ALARMS = Symbol.for('cdk-keysmith.KeyAlarms');

/** Builds the alarms of a stage (app), once for all of them. */
const buildAlarms = afterGrants((stage) => {
  for (const alarms of stage.node.findAll().filter((each) => isMarked<KeyAlarms>(each, ALARMS))) alarms._build();
});
