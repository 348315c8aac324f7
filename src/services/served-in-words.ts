import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { namesResource } from './row-statements';
import type { ServeOptions } from '../keys/kms-service';
import { ServiceRowTime, ServiceUser } from '../spec/services';
import type { KmsServiceProps, ServiceRow } from '../spec/services';

/** What a view serves: a resource of the app, or one by its name, which no template shows. */
export type Served = IConstruct | string;

/** What an app says in words that a view is for. */
export class ServedInWords {
  public readonly names: readonly string[];
  private readonly roles?: readonly string[];

  /** Throws for what cannot be meant, or names nothing of the service. `label` is what messages call the view. */
  constructor(options: ServeOptions, private readonly service: KmsServiceProps, label: string) {
    const problem = problemOf(options, service);
    if (problem !== undefined) throw new Error(`serve(…) of ${label}: ${problem}`);
    this.names = options.resourceNames ?? [];
    this.roles = options.serviceLinkedRoles;
  }

  /** The ARNs of the service-linked roles that are meant by a row of one; none for all other rows. */
  public linkedRolesOf(row: ServiceRow): string[] {
    if (!isLinkedLater(row)) return [];
    const { principal = '' } = row;
    const own = roleIn(row);
    return (this.roles ?? [own]).filter((role) => isSameRole(role, own)).map((role) => principal.replace(own, role));
  }

  /** Whether a name may be that of a resource which a row is about: of a type that has names of its own. */
  public mayBeOf({ resourceTypes }: ServiceRow): boolean {
    const named = (this.service.resourceNames ?? []).filter(({ nameAfter }) => nameAfter === undefined).map(({ resourceType }) => resourceType);
    return !resourceTypes || resourceTypes.some((type) => named.includes(type));
  }
}

/** Where resources of a service take a key: `KmsKeyId of AWS::Logs::LogGroup`. */
export function placesOf({ keyProperties }: KmsServiceProps): string {
  return keyProperties.map(({ resourceType, path }) => `${path} of ${resourceType}`).join(', ');
}

/** Rows of service-linked roles for which nothing in the app may ask. */
function isLinkedLater({ who, when }: ServiceRow): boolean {
  return who === ServiceUser.SERVICE_LINKED_ROLE && when === ServiceRowTime.NAMED;
}

function roleIn({ principal = '' }: ServiceRow): string {
  return principal.slice(principal.lastIndexOf('/') + 1);
}

/** The role itself, or one of the same service with a suffix of somebody's own (IAM User Guide, "Create a service-linked role"). */
function isSameRole(role: string, own: string): boolean {
  return role === own || role.startsWith(`${own}_`);
}

const OPTIONS = ['resourceNames', 'serviceLinkedRoles'];

function problemOf(options: ServeOptions, service: KmsServiceProps): string | undefined {
  if (typeof options !== 'object' || options === null) return `it was given ${JSON.stringify(options)}: give it { ${OPTIONS.join(', ')} }, or nothing`;
  const unknown = Object.keys(options).filter((option) => !OPTIONS.includes(option));
  if (unknown.length) return `there is no option '${unknown.join("', '")}': there are ${OPTIONS.join(' and ')}`;
  const { resourceNames, serviceLinkedRoles } = options;
  return (resourceNames && problemOfNames(resourceNames, service)) ?? (serviceLinkedRoles && problemOfRoles(serviceLinkedRoles, service));
}

function problemOfNames(names: string[], { title, rows }: KmsServiceProps): string | undefined {
  const shapeless = problemOfList(names, 'resourceNames', `whatever of ${title} has the view`);
  if (shapeless !== undefined) return shapeless;
  if (!rows.some(({ context, sourceArn = '' }) => [...context?.values ?? [], sourceArn].some(namesResource))) {
    return `no statement for ${title} tells resources by their names, so that resourceNames would narrow nothing: leave it out`;
  }
  const literal = names.filter((name) => !Token.isUnresolved(name));
  const arn = literal.find((name) => name.startsWith('arn:'));
  if (arn !== undefined) return `'${arn}' in resourceNames is an ARN: give the name as the service has it, like '${arn.split(':').slice(5).join(':').replace(/^\w+(?=\/)/, '')}'`;
  if (literal.includes('*')) return `'*' in resourceNames is every resource of ${title}: give names, or leave resourceNames out`;
  const odd = literal.find((name) => !/^[^\s*?$:{}]+\*?$/.test(name));
  return odd === undefined ? undefined : `'${odd}' in resourceNames is no name: it has blanks, or one of * ? $ : { } where conditions would take it for something else. `
    + "'*' may stand at the end, for all whose names begin so";
}

function problemOfRoles(roles: string[], { title, rows }: KmsServiceProps): string | undefined {
  const known = [...new Set(rows.filter(isLinkedLater).map(roleIn))];
  if (!known.length) return `no statement for ${title} is for a service-linked role that nothing in the app tells: leave serviceLinkedRoles out`;
  const shapeless = problemOfList(roles, 'serviceLinkedRoles', known.join(' and '));
  if (shapeless !== undefined) return shapeless;
  const foreign = roles.find((role) => !known.some((own) => isSameRole(role, own)) || !/^[\w+=,.@-]+$/.test(role));
  return foreign === undefined ? undefined : `'${Token.isUnresolved(foreign) ? '…' : foreign}' in serviceLinkedRoles is no service-linked role that uses keys for ${title}: there are ${known.join(' and ')}, `
    + 'the name of one with a suffix of your own behind _';
}

function problemOfList(list: unknown, option: string, all: string): string | undefined {
  if (!Array.isArray(list) || Token.isUnresolved(list)) return `${option} is no list that is known when the app is built: write it out`;
  if (!list.length) return `${option} is empty: leave it out for ${all}`;
  if (list.some((each) => typeof each !== 'string' || !each.trim())) return `${option} has an empty name, or one that is no text`;
  return undefined;
}
