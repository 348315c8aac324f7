import { Duration, RemovalPolicy, Stack, Token, type TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal, type IRole } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput, type IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { SnsPublish } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { SigningKey } from '../keys';

/** When people are reminded to change a signing key, and where. */
export interface RotationReminderProps {
  /** The key. */
  readonly key: SigningKey;

  /** Where reminders are sent, such as the topic of a `KeyAlarmTopic`. An encrypted topic needs the key's view (`KmsService.SNS`), which lets the sender in. */
  readonly topic: ITopic;

  /**
   * How long the longest token, or whatever else the key signs, is to be verified after it was signed: the old generation is retired no sooner, and a day later for
   * clocks and caches.
   */
  readonly longestLifetime: Duration;

  /**
   * The months in which the key is changed: 1 to 12.
   *
   * @default [1] - each January
   */
  readonly months?: number[];

  /**
   * The day of those months on which the next generation is to be announced: 1 to 28.
   *
   * @default 1
   */
  readonly day?: number;

  /**
   * How long the next generation is published before it signs, in whole days: at least as long as verifiers and caches keep a key set.
   *
   * @default Duration.days(7)
   */
  readonly publishedFor?: Duration;

  /**
   * The hour of all reminders: 0 to 23.
   *
   * @default 9
   */
  readonly hour?: number;

  /**
   * Whose clock that is.
   *
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/** A moment of each change: on which day of the year, and what is to be done. */
interface Moment {
  readonly id: 'Announce' | 'Activate' | 'Retire';
  /** Days after the change begins. */
  readonly after: number;
  readonly text: (next: string) => string;
}

/**
 * Reminds people, year after year, to change a signing key, as KMS does not rotate it: when to announce the next generation, when to make it active, and when to retire
 * the old one. Each message says what to do now, and when the next one comes.
 *
 * EventBridge Scheduler sends to an SNS topic, by a role that can publish to that topic and that only these schedules can assume. Nothing is changed by itself: a
 * change is a deployment.
 *
 * Sources: EventBridge Scheduler User Guide, "Schedule types", "Confused deputy prevention"; NIST SP 800-57 part 1, "Cryptoperiods".
 */
export class RotationReminder extends Construct {
  /** The role that publishes. */
  public readonly role: IRole;

  constructor(scope: Construct, id: string, props: RotationReminderProps) {
    super(scope, id);
    const { path } = this.node;
    if (!SigningKey.isSigningKey(props.key)) throw new Error(`${path}: key is no SigningKey: KMS rotates symmetric keys by itself`);
    const { months = [1], day = 1, hour = 9, publishedFor = Duration.days(7) } = props;
    whole(months, 'months', 1, 12, path);
    whole([day], 'day', 1, 28, path);
    whole([hour], 'hour', 0, 23, path);
    if (new Set(months).size < months.length) throw new Error(`${path}: months has a month twice: ${months.join(', ')}`);
    const published = wholeDays(publishedFor, 'publishedFor', path);
    const moments = momentsOf(props.key, published, published + Math.ceil(daysOf(props.longestLifetime, 'longestLifetime', path)) + 1);
    this.refuseOverlap(months, day, moments.at(-1)!.after);

    // A group of its own: the role's trust policy tells whose schedules may assume it by their group.
    const group = new ScheduleGroup(this, 'Group', { removalPolicy: RemovalPolicy.DESTROY });
    this.role = this.defineRole(group);
    const inOrder = [...months].sort((a, b) => a - b);
    for (const [i, moment] of moments.entries()) {
      for (const [j, month] of inOrder.entries()) {
        const next = moments[i + 1];
        const following = next ? dateOf(month, day + next.after) : dateOf(inOrder[(j + 1) % inOrder.length], day);
        const input = ScheduleTargetInput.fromText(moment.text(inWords(following)));
        this.remind(`${moment.id}${month}`, dateOf(month, day + moment.after), { ...props, hour, group, input });
      }
    }
  }

  private defineRole(group: IScheduleGroup): Role {
    const { account } = Stack.of(this);
    return new Role(this, 'Role', {
      description: `Publishes the reminders of ${this.node.path}`.slice(0, 1000),
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group.scheduleGroupArn } },
      }),
    });
  }

  private remind(id: string, date: Date, { topic, hour, timeZone, group, input }: Reminder): void {
    const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()].map(String);
    new Schedule(this, id, {
      // Each year: a date that is past could never be deployed again.
      schedule: ScheduleExpression.cron({ minute: '0', hour: String(hour), day, month, year: '*', timeZone }),
      scheduleGroup: group,
      target: new SnsPublish(topic, { role: this.role, input }),
    });
  }

  /** The next change must not begin before the last one is over: people would not know which of them a message is about. */
  private refuseOverlap(months: readonly number[], day: number, takes: number): void {
    const starts = [...months].sort((a, b) => a - b).map((month) => dateOf(month, day).getTime() / DAY);
    const shortest = Math.min(...starts.map((start, i) => (starts[i + 1] ?? starts[0] + 365) - start));
    if (takes < shortest) return;
    throw new Error(`${this.node.path}: a change takes ${takes} days (publishedFor, and longestLifetime with a day besides), and the next begins after ${shortest}: `
      + 'name fewer months, or publish for a shorter time');
  }
}

interface Reminder extends RotationReminderProps {
  readonly hour: number;
  readonly group: IScheduleGroup;
  readonly input: ScheduleTargetInput;
}

const DAY = 86_400_000;

/** What is to be done, as it stands when the app is deployed. */
function momentsOf(key: SigningKey, activateAfter: number, retireAfter: number): Moment[] {
  const { active, others } = key._generations?.names ?? { active: 'initial', others: [] };
  const what = `the signing key '${key.node.path}'`;
  const beside = others.length ? `Listed beside it: ${others.map((name) => `'${name}'`).join(', ')}.` : 'No other generation is listed.';
  const numbered = (...steps: string[]) => steps.map((step, i) => `${i + 1}. ${step}`).join('\n');
  return [
    {
      id: 'Announce',
      after: 0,
      text: (next) => `It is time to announce a new generation of ${what}. '${active}' signs. ${beside}\n\n${numbered(
        `Add one to 'generations', with a name that was never used${key._generations ? '' : " (the key as it is is called 'initial': list it too)"}.`,
        'Deploy, the functions that publish the key set included. The new key is published from now on, and signs nothing.',
        `See that the key set has it. On ${next} you are told to make it active.`,
      )}`,
    },
    {
      id: 'Activate',
      after: activateAfter,
      text: (next) => `It is time to make the new generation of ${what} the active one. '${active}' signs, as of the last deployment. ${beside}\n\n${numbered(
        `Name the new one in 'active'. If none was announced ${activateAfter} days ago, announce it now instead, and wait: verifiers would refuse what it signs.`,
        'Deploy. Whoever was told of the old one goes on signing, with the new one.',
        `Leave the old one in the list: its signatures are still verified. On ${next} you are told to retire it.`,
      )}`,
    },
    {
      id: 'Retire',
      after: retireAfter,
      text: (next) => `It is time to retire the old generation of ${what}. '${active}' signs, as of the last deployment. ${beside}\n\n${numbered(
        "Say 'retired: true' of each that no longer signs, but for one that is to come.",
        'Deploy. It leaves the key set, so that what it signed is refused; the key in KMS stays.',
        `A deployment later, take its entry out of the list. The next change begins on ${next}.`,
      )}`,
    },
  ];
}

/** A date in a year without a 29 February: in one with, whoever waits for days waits for one more. */
function dateOf(month: number, day: number): Date {
  return new Date(Date.UTC(2027, month - 1, day));
}

function inWords(date: Date): string {
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });
}

function whole(values: readonly number[], what: string, least: number, most: number, path: string): void {
  if (!values.length) throw new Error(`${path}: ${what} is empty: give at least one`);
  const wrong = values.find((value) => Token.isUnresolved(value) || !Number.isInteger(value) || value < least || value > most);
  if (wrong === undefined) return;
  throw new Error(`${path}: ${what} has ${Token.isUnresolved(wrong) ? 'what only deployment knows' : String(wrong)}: give whole numbers from ${least} to ${most}`);
}

function daysOf(duration: Duration | undefined, what: string, path: string): number {
  if (duration && !duration.isUnresolved()) return duration.toDays({ integral: false });
  throw new Error(`${path}: ${what} is ${duration ? 'not known before deployment' : 'left out'}: write it out, like Duration.days(7)`);
}

function wholeDays(duration: Duration, what: string, path: string): number {
  const days = daysOf(duration, what, path);
  if (Number.isInteger(days) && days >= 1) return days;
  throw new Error(`${path}: ${what} is ${days} days: give whole days, one at least`);
}
