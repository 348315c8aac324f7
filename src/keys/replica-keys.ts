import { Stack, Token } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { KeysmithKey } from './keysmith-key';
import { quoted } from '../app/constructs';
import { KeyUses } from '../app/key-uses';
import { keptFor } from '../app/per-stage';
import { propertyOf } from '../app/rendering';
import { referencesOf } from '../app/resolved-value';
import type { Problem } from '../app/stage-checks';
import { warn } from '../app/warnings';
import { withKnown } from '../policy/arn-patterns';
import { keeperOf, whatIsOutsideOfContract, whatIsWrongWith, type CustomizedKey } from '../policy/custom-statements';
import { deployerOf, otherDeployerOf } from '../policy/deployer';
import { isKept, type ResolvedStatement } from '../policy/lock-out';
import type { Sentence, StatementJson } from '../policy/statements';
import { parsePolicyText, policyFindings, statementsOf } from '../spec/policy-grammar';
import { UNRESOLVED } from '../spec/unresolved';

/** A replica of a key of this library, in a template of the same app. */
interface Replica {
  readonly resource: CfnResource;
  readonly key: KeysmithKey;
}

const TYPE = 'AWS::KMS::ReplicaKey';

function replicasIn(uses: KeyUses): Replica[] {
  return uses.ofType(TYPE).flatMap((resource) => {
    const { text, ...given } = referencesOf(resource, 'PrimaryKeyArn');
    const { targets } = uses.names.followed(given);
    const primaries = targets.length ? targets : uses.names.referredBy(text, resource.stack).targets;
    return primaries.flatMap((target) => uses.keyNamed(target, text) ?? []).slice(0, 1).map(({ key }) => ({ resource, key: key as KeysmithKey }));
  });
}

/**
 * Lets who deploys a replica make it, in its Region and no other: CloudFormation's role there has another name than the one that deploys the key. The role
 * also needs kms:CreateKey in an IAM policy, as no key policy speaks of it.
 *
 * Source: KMS Developer Guide, "Create multi-Region replica keys", "Control access to multi-Region keys".
 */
export function replicatingDeployers(key: Construct): readonly Sentence[] {
  const known = sentencesOf(key);
  return replicasIn(KeyUses.of(key)).filter((replica) => replica.key === key).flatMap(({ resource }) => {
    const { region } = resource.stack;
    const deployer = otherDeployerOf(resource, key);
    if (!deployer || Token.isUnresolved(region)) return [];
    const id = `${deployer.arn} ${region}`;
    const sentence: Sentence = known.get(id) ?? {
      sid: 'Replicate',
      effect: 'Allow',
      actions: ['kms:ReplicateKey'],
      conditions: { StringEquals: { 'kms:ReplicaRegion': region } },
      label: `the deployer of ${quoted(resource)}`,
      principal: { type: 'AWS', name: deployer.arn },
    };
    known.set(id, sentence);
    return [sentence];
  });
}

/** A policy knows sentences again by what they are. */
const sentencesOf = keptFor((_: Construct) => new Map<string, Sentence>());

/**
 * What is wrong with the policies of replicas, a sentence each. A replica has the key's material and a policy of its own: whoever that lets in can use what the key
 * encrypts, so that it is held to what the key's own is held to.
 */
export function replicaPolicyProblems(uses: KeyUses): Problem[] {
  return replicasIn(uses).filter(({ resource, key }) => !key._isOverruledFor(resource)).flatMap((replica) => {
    const { resource, key } = replica;
    const where = `${quoted(resource)} is a replica of '${key.node.path}'`;
    return problemsOf(replica).map((problem) => ({ at: resource, message: `${where}: ${problem}. If you know better: key.overruleRefusal(replica, 'why')` }));
  });
}

function problemsOf({ resource, key }: Replica): string[] {
  const document = documentOf(resource);
  // What only deployment knows is left to it.
  if (document === undefined) return [];
  const refused = policyFindings(document, 'key policy').map(({ message }) => `${DOCUMENT}: ${message.replace(EVERY_UNRESOLVED, '…')}`);
  if (refused.length) return refused;
  const customized: CustomizedKey = {
    construct: resource, access: key.accountAccess, deployer: deployerOf(resource), contract: key._asks, document: DOCUMENT,
  };
  const statements = statementsOf(document).map((statement, i) => ({ Sid: `#${i + 1}`, ...statement as object }) as StatementJson);
  for (const statement of statements) {
    const wide = whatIsOutsideOfContract(statement, customized);
    if (wide) warn(resource, 'cdk-keysmith:outside-contract', `is a replica of '${key.node.path}': ${wide}`);
  }
  return [...statements.flatMap((statement) => whatIsWrongWith(statement, customized)), ...lockedOut(statements, customized)];
}

const DOCUMENT = 'its KeyPolicy';
const EVERY_UNRESOLVED = new RegExp(UNRESOLVED, 'g');

function lockedOut(statements: readonly StatementJson[], customized: CustomizedKey): string[] {
  const allowed = withKnown(statements.filter(({ Effect }) => Effect === 'Allow'), Stack.of(customized.construct)) as ResolvedStatement[];
  if (isKept(allowed, keeperOf(customized))) return [];
  return [`no statement of ${DOCUMENT} lets its deployer put it again, so that KMS would refuse it: `
    + "allow kms:PutKeyPolicy to the role with which CloudFormation deploys the replica's stack"];
}

/** The policy, resolved; text is read. Undefined where an intrinsic function stands for it. */
function documentOf(resource: CfnResource): unknown {
  const resolved: unknown = resource.stack.resolve(propertyOf(resource, 'KeyPolicy'));
  if (typeof resolved === 'object' && resolved !== null) return Object.keys(resolved).some((name) => /^(Ref$|Fn::)/.test(name)) ? undefined : resolved;
  if (typeof resolved !== 'string') return resolved ?? '';
  try {
    return parsePolicyText(resolved);
  } catch {
    return resolved; // no policy, which the grammar says
  }
}
