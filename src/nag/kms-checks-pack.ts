import { CfnResource } from 'aws-cdk-lib';
import type { IPolicyValidationContext, PolicyValidationPluginReport } from 'aws-cdk-lib';
import { NagMessageLevel, NagPack } from 'cdk-nag';
import type { NagPackProps } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import type { Finding } from '../checks';
import { isAcknowledged, missedBy, placeOf } from '../validation/acknowledgements';
import { LastReport } from '../validation/assembly-report';
import type { KmsChecksProps } from '../validation/kms-checks';
import { unusedAcknowledgements } from '../validation/unused-acknowledgements';

/** What both a pack of cdk-nag and the checks take. */
export interface KmsChecksPackProps extends NagPackProps, KmsChecksProps {}

/**
 * The checks of cdk-keysmith as a pack of cdk-nag 3: `Validations.of(app).addPlugins(new KmsChecksPack(app))`.
 *
 * A finding is acknowledged with a reason, on the construct that it is about, by its rule and the statement of the key policy, `KP-12[Use]`: an acknowledgement
 * on a stack would be for keys that nobody has thought of yet. The id that is reported, `KP-12[Orders/Key#Use]`, has the construct in it.
 */
export class KmsChecksPack extends NagPack {
  /** The name of the pack in reports. */
  public readonly name: string = 'KmsChecks';

  private readonly last: LastReport;
  /** Findings of the assembly that is being checked, by the path of the construct. */
  private byPath: ReadonlyMap<string, readonly Finding[]> = new Map();
  private app?: IConstruct;

  public constructor(scope?: IConstruct, props: KmsChecksPackProps = {}) {
    super(scope, props);
    this.packName = 'KP';
    this.last = new LastReport(props);
    // cdk-nag takes acknowledgements from any construct above the resource, and without a reason: those that count were looked at before it asks.
    Object.defineProperty(this, 'isAcknowledged', { value: () => false });
  }

  /** Called by CDK, once for each environment of the app. */
  public validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    this.app = context.appConstruct;
    const byPath = new Map<string, Finding[]>();
    const paths = context.stackTemplates.map(({ stackConstructPath }) => stackConstructPath);
    for (const finding of this.last.in(context.appConstruct, paths)) {
      const path = finding.resource.path ?? '';
      byPath.set(path, [...byPath.get(path) ?? [], finding]);
    }
    this.byPath = byPath;
    const { violations, ...report } = super.validate(context);
    const unused = unusedAcknowledgements(context.appConstruct, this.last.acknowledgeable(context.appConstruct, paths));
    // cdk-nag takes warnings for failures, too.
    return { ...report, success: violations.every(({ severity }) => severity !== 'error'), violations: [...violations, ...unused] };
  }

  /** Hands what was found of a resource to cdk-nag, which asks for each resource. */
  protected checkResource(node: CfnResource): void {
    for (const finding of this.byPath.get(node.node.path) ?? []) {
      if (this.app && isAcknowledged(this.app, finding)) continue;
      const missed = this.app && missedBy(this.app, finding, this.byPath.get(node.node.path) ?? []);
      this.applyRule({
        ruleSuffixOverride: finding.rule.slice('KP-'.length),
        info: [`${finding.message}.`, finding.fix, ...missed === undefined ? [] : [missed]].join(' '),
        explanation: `${finding.name}: ${finding.controls.join(', ')}`,
        level: finding.level === 'error' ? NagMessageLevel.ERROR : NagMessageLevel.WARN,
        node,
        // CDK takes an acknowledgement of an id for all constructs of the app, so that the id has the construct in it.
        rule: () => [placeOf(finding)],
      });
    }
  }
}
