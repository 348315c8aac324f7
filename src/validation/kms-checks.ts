import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport, PolicyViolation } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isAcknowledged, missedBy, wholeIdOf } from './acknowledgements';
import { LastReport } from './assembly-report';
import { unusedAcknowledgements } from './unused-acknowledgements';
import type { Finding } from '../checks';
import { RULES } from '../checks';

/** What the templates of an app do not tell about its keys. */
export interface KmsChecksProps {
  /**
   * Accounts whose principals key policies may let in, besides the keys' own and those of the app's stacks.
   *
   * @default - none
   */
  readonly trustedAccounts?: string[];

  /**
   * Keys whose loss would be a disaster, by alias, logical id or construct path: nobody is to disable or delete them without a second factor, nor who uses them
   * to move their aliases.
   *
   * @default - none
   */
  readonly protectedKeys?: string[];

  /**
   * The ids of the rules to apply, like `KP-12`.
   *
   * @default - all but those that have to be asked for
   */
  readonly rules?: string[];

  /**
   * Ids of rules to apply besides, of those that have to be asked for, like `KP-30`.
   *
   * @default - none
   */
  readonly also?: string[];
}

/**
 * Checks the policies of all KMS keys of an app at synthesis, whoever wrote them: `Validations.of(app).addPlugins(new KmsChecks(app))`.
 *
 * Errors, which are proved exposures and certain failures, fail synthesis; warnings never do. A finding is acknowledged, with a reason, on the construct that
 * it is about: `Validations.of(key).acknowledge({ id: 'KP-12[Use]', reason: '…' })`, or `KP-24`, where no statement is at fault. docs/checks.md tells of every rule.
 */
export class KmsChecks implements IPolicyValidationPlugin {
  /** The name of the plugin in reports. */
  public readonly name: string = 'KmsChecks';

  /** The ids of the rules that it applies. */
  public readonly ruleIds?: string[];

  private readonly last: LastReport;

  /**
   * @param scope the app
   * @param props what its templates do not tell
   */
  public constructor(private readonly scope: IConstruct, props: KmsChecksProps = {}) {
    const { rules, also = [] } = props;
    const unknown = [...rules ?? [], ...also].filter((id) => !RULES.some((rule) => rule.id === id));
    if (unknown.length > 0) throw new Error(`KmsChecks has no rule ${unknown.join(', ')}: they are ${RULES[0].id} to ${RULES[RULES.length - 1].id}, see docs/checks.md`);
    const mistyped = (props.trustedAccounts ?? []).filter((account) => !/^\d{12}$/.test(account));
    if (mistyped.length > 0) throw new Error(`trustedAccounts of KmsChecks takes account ids of 12 digits, got ${mistyped.map((account) => `'${account}'`).join(', ')}`);
    this.ruleIds = RULES.filter(({ id, optional = false }) => (rules ? rules.includes(id) : !optional) || also.includes(id)).map(({ id }) => id);
    this.last = new LastReport(props);
  }

  /** Called by CDK, once for each environment of the app. */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const app = context.appConstruct ?? this.scope.node.root;
    const paths = context.stackTemplates.map(({ stackConstructPath }) => stackConstructPath);
    const own = this.last.in(app, paths);
    const open = own.filter((finding) => !isAcknowledged(app, finding));
    const unused = unusedAcknowledgements(app, this.last.acknowledgeable(app, paths));
    return {
      success: open.every(({ level }) => level !== 'error'),
      violations: [...open.map((finding) => violationOf(finding, missedBy(app, finding, own))), ...unused],
      metadata: { notModelled: this.last.of(app).report.notModelled.join(', '), acknowledged: String(own.length - open.length) },
    };
  }
}

/** @param missed why an acknowledgement that was meant for it is for nothing */
function violationOf(finding: Finding, missed: string | undefined): PolicyViolation {
  const { level, fix, controls, resource, statement, name, related = [], request } = finding;
  return {
    ruleName: wholeIdOf(finding),
    description: [finding.message, ...related.map((effect) => `${effect.rule} ${effect.message}`)].join('\n'),
    fix: missed === undefined ? fix : `${fix} ${missed}`,
    severity: level,
    ruleMetadata: { name, controls: controls.join(', '), ...request === undefined ? {} : { request: JSON.stringify(request) } },
    violatingResources: [{
      ...resource.path === undefined ? { resourceLogicalId: resource.logicalId } : { constructPath: resource.path },
      locations: [statement === undefined ? 'Properties' : 'Properties/KeyPolicy'],
    }],
  };
}
