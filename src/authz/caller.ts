import { parseArn } from './arn';
import type { IdentityFacts, World } from './types';

/** What kind of principal makes a request. A role ARN stands for some session of the role whose name is not known. */
export type CallerKind = 'user' | 'session' | 'federated user' | 'account root' | 'service';

/** Who makes a request, and under which names policies know them. */
export interface Caller {
  readonly kind: CallerKind;
  /** As the request names it. */
  readonly principal: string;
  /** Absent for services. */
  readonly account?: string;
  readonly partition?: string;
  /** The principal itself: user, session or federated session ARN; absent for a session known by its role only. */
  readonly ownArn?: string;
  /** The role of a session, or the user behind a federated session: what limits that one limits the session too. */
  readonly issuerArn?: string;
  /** `aws:PrincipalArn`: the role's ARN for sessions (IAM User Guide, "AWS global condition context keys"). */
  readonly principalArn?: string;
  readonly name?: string;
  /** The policies, if the world knows the identity. */
  readonly identity?: IdentityFacts;
}

const byName = new WeakMap<World['identities'], Map<string, IdentityFacts>>();

/** Finds out who a principal is. Throws for a string that is neither a service principal nor the ARN of one who can call. */
export function identify(world: World, principal: string): Caller {
  if (!principal.startsWith('arn:')) {
    if (!/^[a-z0-9.-]+\.[a-z0-9.-]+$/i.test(principal)) throw unknownPrincipal(principal);
    return { kind: 'service', principal };
  }
  const arn = parseArn(principal);
  if (!arn) throw unknownPrincipal(principal);
  const { partition, account } = arn;
  const caller = { principal, partition, account };
  const [type, ...path] = arn.resource.split('/');
  const identityArn = (kind: 'role' | 'user', name: string) => `arn:${partition}:iam::${account}:${kind}/${name}`;
  if (arn.service === 'iam' && arn.resource === 'root') {
    return { ...caller, kind: 'account root', ownArn: principal, principalArn: principal, identity: identityOf(world, principal) };
  }
  if (arn.service === 'iam' && type === 'user' && path.length > 0) {
    const identity = identityOf(world, principal);
    return { ...caller, kind: 'user', ownArn: principal, principalArn: principal, name: path[path.length - 1], identity };
  }
  if (arn.service === 'iam' && type === 'role' && path.length > 0) {
    const identity = identityOf(world, principal);
    return { ...caller, kind: 'session', issuerArn: principal, principalArn: principal, name: path[path.length - 1], identity };
  }
  if (arn.service === 'sts' && type === 'assumed-role' && path.length === 2) {
    // A session's ARN leaves out the path of its role: the name, unique in an account, is what joins the two.
    const identity = identityNamed(world, identityArn('role', path[0]));
    const role = identity?.arn ?? identityArn('role', path[0]);
    return { ...caller, kind: 'session', ownArn: principal, issuerArn: role, principalArn: role, name: path[0], identity };
  }
  if (arn.service === 'sts' && type === 'federated-user' && path.length === 1) {
    // GetFederationToken lets the user choose the session's name. Here the session is taken to have its user's name.
    const identity = identityNamed(world, identityArn('user', path[0]));
    const user = identity?.arn ?? identityArn('user', path[0]);
    return { ...caller, kind: 'federated user', ownArn: principal, issuerArn: user, principalArn: principal, name: path[0], identity };
  }
  throw unknownPrincipal(principal);
}

function identityNamed(world: World, arnWithoutPath: string): IdentityFacts | undefined {
  let index = byName.get(world.identities);
  if (!index) {
    index = new Map(world.identities.map((identity) => [withoutPath(identity.arn), identity]));
    byName.set(world.identities, index);
  }
  return index.get(arnWithoutPath);
}

function identityOf(world: World, arn: string): IdentityFacts | undefined {
  const identity = identityNamed(world, withoutPath(arn));
  return identity?.arn === arn ? identity : undefined;
}

function withoutPath(arn: string): string {
  const parts = arn.split('/');
  return parts.length > 2 ? `${parts[0]}/${parts[parts.length - 1]}` : arn;
}

function unknownPrincipal(principal: string): Error {
  return new Error(`'${principal}' cannot make a request: expected the ARN of a user, role, role session, federated user or account root, or a service principal`);
}
