import { NestedStack, Stack } from 'aws-cdk-lib';
import type { PolicyViolation } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { acknowledgedAs, acknowledgementsOn, constructAt, holdersOf, isAcknowledged, isSameId, wholeIdOf } from './acknowledgements';
import type { Finding } from '../checks';

/** The name before the ids that are looked up in the whole app. */
const PLUGIN = 'KmsChecks::';
const OF_A_RULE = /^(KmsChecks::)?(KP-\d+)(?:\[.*\])?$/s;

/** What acknowledgements are held against. */
export interface Acknowledgeable {
  /** All findings of the app. */
  readonly findings: readonly Finding[];
  /** Whether a rule was asked at all. */
  applies(rule: string): boolean;
  /** Whether what stands on a construct is told in this answer: CDK asks once for each environment. */
  isToldOf(stack: string | undefined): boolean;
}

/**
 * Acknowledgements of which nothing comes, as warnings: their finding is gone, or they stand where they do not count. One that is left behind would hide what
 * somebody does in that statement later.
 */
export function unusedAcknowledgements(app: IConstruct, { findings, applies, isToldOf }: Acknowledgeable): PolicyViolation[] {
  const byHolder = new Map<IConstruct, Finding[]>();
  for (const finding of findings) {
    const resource = constructAt(app, finding.resource.path);
    for (const holder of resource ? holdersOf(resource) : []) byHolder.set(holder, [...byHolder.get(holder) ?? [], finding]);
  }
  return app.node.findAll().filter((construct) => isToldOf(stackOf(construct))).flatMap((construct) => {
    const here = byHolder.get(construct) ?? [];
    return acknowledgementsOn(construct).flatMap(({ id }) => {
      const [, plugin, rule] = OF_A_RULE.exec(id) ?? [];
      if (rule === undefined || !applies(rule)) return [];
      const isWhole = plugin !== undefined;
      if (isWhole) return findings.some((finding) => isSameId(PLUGIN + wholeIdOf(finding), id)) ? [] : [violationOf(construct, id, GONE)];
      // Why it does not count for another finding of the rule, that finding says.
      const isTold = here.some((finding) => isSameId(acknowledgedAs(finding), id) || (finding.rule === rule && !isAcknowledged(app, finding)));
      return isTold ? [] : [violationOf(construct, id, whyUnused(id, here, findings))];
    });
  });
}

const GONE = 'Take it out: it would hide what is found there later.';

function whyUnused(id: string, here: readonly Finding[], all: readonly Finding[]): string {
  const cause = here.find((finding) => effectsOf(finding).some((effect) => isSameId(acknowledgedAs(effect), id)));
  if (cause) return `It is an effect of '${acknowledgedAs(cause)}': to acknowledge that is enough.`;
  const elsewhere = all.filter((finding) => isSameId(acknowledgedAs(finding), id));
  if (elsewhere.length === 0) return GONE;
  const paths = [...new Set(elsewhere.map(({ resource }) => resource.path?.replace(/\/Resource$/, '') ?? resource.logicalId))];
  return `It counts only on the construct that has the finding: ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}.`;
}

function effectsOf({ related = [] }: Finding): readonly Finding[] {
  return related.flatMap((effect) => [effect, ...effectsOf(effect)]);
}

function violationOf({ node: { path } }: IConstruct, id: string, fix: string): PolicyViolation {
  const name = path === '' ? 'the app' : path;
  return {
    ruleName: `UnusedAcknowledgement[${path}#${id}]`,
    description: `${name}: acknowledges '${id}', and nothing is found of that id here`,
    fix,
    severity: 'warning',
    violatingResources: [{ constructPath: path, locations: [] }],
  };
}

/** The path of the stack that is deployed by itself; none of what stands above all stacks. */
function stackOf(construct: IConstruct): string | undefined {
  const stack = [...construct.node.scopes].reverse().find(Stack.isStack);
  return NestedStack.isNestedStack(Object(stack)) ? stackOf((stack as NestedStack).node.scope!) : stack?.node.path;
}
