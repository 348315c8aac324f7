import { CfnResource } from 'aws-cdk-lib';
import type { CfnElement } from 'aws-cdk-lib';
import { keyServicesOf } from './key-services';
import { madeOf } from './key-uses';
import type { KeyView } from './key-view';
import { propertiesOf } from './rendering';
import { ResolvedValue, isWithin } from './resolved-value';
import type { TemplateNames } from './template-names';

/** A key where its name says that a service encrypts with it, in a property that no service lists. */
export interface UnlistedUse {
  readonly resource: CfnResource;
  /** As CloudFormation spells it, with `*` for each element of a list. */
  readonly path: string;
  readonly targets: readonly CfnElement[];
  readonly views: readonly KeyView[];
  readonly text: string;
}

/** The keys' own service, and services whose properties hold names that users choose. */
const OTHER_TYPES = /^AWS::(KMS|IAM|CloudFormation)::|^(?!AWS::)/;

/** Properties that say with which key to encrypt. */
const ENCRYPTING = /kms|encryption/i;

/** Properties whose insides are named by users or are policies: a function's variable `KMS_KEY` encrypts nothing. */
const FREE = /^(tags|environment|.*variables|.*parameters|.*labels|metadata|.*substitutions|definition)$|polic(y|ies)/i;

/** Where a resource names keys outside of the properties that services list. */
export function unlistedUsesBy(resource: CfnResource, names: TemplateNames): UnlistedUse[] {
  if (OTHER_TYPES.test(resource.cfnResourceType)) return [];
  const listed = keyServicesOf(resource).placesIn(resource.cfnResourceType).map(([{ property }]) => property.path.split('.'));
  const candidates = propertiesOf(resource).filter(([name, value]) => typeof value === 'object' || (typeof value === 'string' && ENCRYPTING.test(name)));
  return candidates.flatMap(([name, value]) => {
    const resolved = ResolvedValue.of(value, resource, [name]);
    const leaves = resolved.leaves.filter(({ path }) => encrypts(path) && !listed.some((known) => isWithin(path, known)));
    return leaves.map(({ path, text }) => {
      const { targets, views } = names.followed(resolved.at(path));
      return { resource, path: spelt(path), text, views, targets: targets.length ? targets : names.referredBy(text, resource.stack).targets };
    });
  });
}

/** All of an app. */
export const unlistedUsesIn = madeOf(({ tree, names }) => tree.filter(CfnResource.isCfnResource)
  .flatMap((resource) => unlistedUsesBy(resource, names)));

function encrypts(path: readonly string[]): boolean {
  return path.some((part) => ENCRYPTING.test(part)) && !path.some((part) => FREE.test(part));
}

function spelt(path: readonly string[]): string {
  return path.map((part) => (/^\d+$/.test(part) ? '*' : part[0].toUpperCase() + part.slice(1))).join('.');
}
