import type { DeployedAccount, DeployedResource } from './deployed';
import { ensure, Mismatch } from './progress';
import { LocalKey, LocalKms, LocalPrincipal, startLocalKms } from 'cdk-keysmith/testing';

type PolicyDocument = NonNullable<LocalKey['policy']>;

/** A key of the application where decisions are asked. */
export interface PlacedKey {
  readonly path: string;
  readonly arn: string;
  readonly spec: string;
  readonly usage: string;
  readonly policy: PolicyDocument;
}

/** The application on a local KMS: everybody and everything by construct path, so that two places can be asked the same. */
export interface Place {
  readonly local: LocalKms;
  readonly keys: readonly PlacedKey[];
  /** ARNs of the roles by construct path, and of the one that deploys as `deployer`. */
  readonly roles: ReadonlyMap<string, string>;
  /** ARN of a bucket, table, secret or function, by construct path. */
  arnOf(path: string): string;
}

/** CloudFormation's role, by the name that the local KMS has for it. */
export const DEPLOYER = 'deployer';

/** The application as it was synthesized: the policies of the templates. */
export async function synthesizedPlace(assembly: string): Promise<Place> {
  const local = await startLocalKms({ assembly });
  const { account, region, deployments: [deployment] } = local;
  const roles = deployment.identities.map(({ path, arn }): [string, string] => [pathOf(path), arn]);
  const deployer = deployment.stacks.find(({ executionRoleArn }) => executionRoleArn)?.executionRoleArn;
  if (!deployer) throw new Mismatch('the assembly names no role that deploys it');
  return {
    local,
    keys: deployment.keys.map(({ path, arn, spec, usage, policy }) => ({ path: pathOf(path), arn, spec, usage, policy })),
    roles: new Map([...roles, [DEPLOYER, deployer]]),
    arnOf: (path) => {
      const found = deployment.resources().find((resource) => pathOf(resource.path) === path);
      if (!found) throw new Mismatch(`the assembly has no resource '${path}'`);
      return arnFrom({ type: found.type, physicalId: deployment.physicalId(found.stack, found.logicalId)! }, account, region);
    },
  };
}

/** The application as it was deployed: key policies, roles and identity policies read back from the account, on a local KMS. */
export async function deployedPlace(synthesized: Place, account: DeployedAccount): Promise<Place> {
  const { target } = account;
  const [deployment] = synthesized.local.deployments;
  const resources = new Map<string, DeployedResource>();
  for (const { id } of deployment.stacks) {
    for (const [logicalId, resource] of await account.resources(id)) resources.set(`${id}.${logicalId}`, resource);
  }
  const madeFrom = ({ stack, logicalId }: { readonly stack: string; readonly logicalId: string }): DeployedResource => {
    const resource = resources.get(`${stack}.${logicalId}`);
    if (!resource) throw new Mismatch(`CloudFormation lists no resource ${logicalId} in the stack ${stack}`);
    return resource;
  };
  const arnOf = (made: DeployedResource): string => arnFrom(made, target.account, target.region);

  const keys = await Promise.all(deployment.keys.map(async (key): Promise<PlacedKey> => {
    const { KeyMetadata } = await account.kms.describeKey({ KeyId: madeFrom(key).physicalId });
    const { Arn, KeySpec, KeyUsage, KeyState } = KeyMetadata!;
    ensure(
      KeySpec === key.spec && KeyUsage === key.usage && KeyState === 'Enabled',
      `${key.path} is ${KeySpec}, ${KeyUsage}, ${KeyState}: the template says ${key.spec}, ${key.usage}`,
    );
    const policy = JSON.parse(await account.keyPolicy(Arn!)) as PolicyDocument;
    return { path: pathOf(key.path), arn: Arn!, spec: key.spec, usage: key.usage, policy };
  }));
  const roles = new Map([
    ...deployment.identities.map((identity): [string, string] => [pathOf(identity.path), arnOf(madeFrom(identity))]),
    // Bootstrapping made it, and not a stack of the application.
    [DEPLOYER, synthesized.roles.get(DEPLOYER)!],
  ]);
  const local = await startLocalKms({
    ...target,
    keys: keys.map(({ arn, spec, usage, policy }) => ({ keyId: arn.split('/').pop()!, spec, usage, policy })),
    principals: await readPrincipals(account, [...roles.values()]),
  });
  const addresses = new Map(deployment.resources().map((resource) => [pathOf(resource.path), resource]));
  return {
    local,
    keys,
    roles,
    arnOf: (path) => {
      const resource = addresses.get(path);
      if (!resource) throw new Mismatch(`the assembly has no resource '${path}'`);
      return arnOf(madeFrom(resource));
    },
  };
}

/** Roles with their inline and attached policies, as IAM has them. */
async function readPrincipals(account: DeployedAccount, arns: readonly string[]): Promise<LocalPrincipal[]> {
  const details = await account.roles();
  return arns.map((arn) => {
    const role = details.find(({ Arn }) => Arn === arn);
    if (!role) throw new Mismatch(`IAM has no role ${arn}`);
    return {
      arn,
      policies: (role.RolePolicyList ?? []).map(({ PolicyName: name, PolicyDocument: text }) => ({
        name: name!, document: JSON.parse(decodeURIComponent(text!)) as PolicyDocument,
      })),
      managedPolicies: (role.AttachedManagedPolicies ?? []).map(({ PolicyArn }) => PolicyArn!),
    };
  });
}

function pathOf(path: string | undefined): string {
  return path!.replace(/\/Resource$/, '');
}

/** ARN of what `Ref` names, by the type of the resource. */
function arnFrom({ type, physicalId }: DeployedResource, account: string, region: string): string {
  switch (type) {
    case 'AWS::IAM::Role': return `arn:aws:iam::${account}:role/${physicalId}`;
    case 'AWS::S3::Bucket': return `arn:aws:s3:::${physicalId}`;
    case 'AWS::DynamoDB::Table': return `arn:aws:dynamodb:${region}:${account}:table/${physicalId}`;
    case 'AWS::Lambda::Function': return `arn:aws:lambda:${region}:${account}:function:${physicalId}`;
    case 'AWS::SecretsManager::Secret': return physicalId.startsWith('arn:') ? physicalId : `arn:aws:secretsmanager:${region}:${account}:secret:${physicalId}`;
    default: throw new Error(`nobody asked for the ARN of an ${type} before`);
  }
}
