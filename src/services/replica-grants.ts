import { CfnResource } from 'aws-cdk-lib';
import type { ServiceView } from './service-view';
import { authorsPath, quoted } from '../app/constructs';
import type { KeyUse, KeyUses } from '../app/key-uses';
import { propertyOf } from '../app/rendering';
import { besideView } from '../app/resolved-value';
import { warn } from '../app/warnings';
import { identityGrants, markOf } from '../keys/identity-policies';
import type { IdentityGrant } from '../keys/identity-policies';
import { takesIn } from '../policy/requested-actions';
import { SERVICES } from '../spec/services';

/**
 * Warns of roles that were granted a replica of a table and not its key. CDK knows the key of a replica by its ARN only, and so `replica(…).grantReadData(role)` allows the
 * role the use of every key (`Resource: *`) in its own policy, which is nothing where the key policy decides.
 */
export function replicasGrantedPastViews({ all, tree }: KeyUses): [] {
  const replicas = all.filter(({ service, view, property }) => view && service === SERVICES.DYNAMODB && property.regionPath !== undefined);
  if (!replicas.length) return [];
  const grants = tree.filter(CfnResource.isCfnResource).map((element) => identityGrants(element));
  for (const use of replicas) {
    const view = use.view as ServiceView;
    for (const region of regionsOf(use, view)) {
      for (const principal of grantedPast(use, region, grants).filter((each) => !view.key._mayAllow(DECRYPT, each))) {
        const name = typeof principal === 'string' ? principal : authorsPath(principal);
        warn(use.resource, 'cdk-keysmith:replica-grant', `'${name}' was granted the replica of ${quoted(use.resource)} in ${region}, and the policy of `
          + `'${view.key.node.path}', the replica's key, does not let it in: KMS will deny ${DECRYPT}, which DynamoDB asks for reading and writing. What CDK wrote allows '${name}' other keys at most. `
          + "Grant on the key as well (key.forService(KmsService.DYNAMODB).grantDecrypt(role)), and on the replica by actions (replica.grant(role, 'dynamodb:GetItem', …)), which names no keys");
      }
    }
  }
  return [];
}

function regionsOf({ resource, property: { path, regionPath = '' } }: KeyUse, view: ServiceView): string[] {
  return [...new Set(besideView(resource, view, path, regionPath).flatMap(({ text }) => (text === undefined || text.startsWith('{') ? [] : [text])))];
}

/** Whom an identity policy allows a table's replica in a Region, and to decrypt with every key. */
function grantedPast({ resource }: KeyUse, region: string, policies: readonly (readonly IdentityGrant[])[]): (CfnResource | string)[] {
  const name: unknown = resource.stack.resolve(propertyOf(resource, 'TableName'));
  const isReplica = (resources: string) => resources.includes(`:dynamodb:${region}:`)
    && (resources.includes(markOf(resource)) || (typeof name === 'string' && new RegExp(`:table/${name.replace(/[.]/g, '\\.')}["/]`).test(resources)));
  const decrypts = ({ resources, actions }: IdentityGrant) => /^(\[.*)?"\*"/.test(resources) && actions.some((pattern) => takesIn(pattern, DECRYPT));
  const found = policies.filter((grants) => grants.some(({ resources }) => isReplica(resources)) && grants.some(decrypts));
  return [...new Set(found.flatMap((grants) => grants.flatMap(({ principals }) => principals)))];
}

/** What DynamoDB asks of a table's key for whoever reads or writes. */
const DECRYPT = 'kms:Decrypt';
