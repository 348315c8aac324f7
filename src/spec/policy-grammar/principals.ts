import type { GrammarOptions, PolicyPlacement, Report } from './finding';
import { isObject, shown } from './finding';
import { isIntrinsic, isOpen, knownText } from './strings';
import { isUnresolved } from '../unresolved';

/**
 * The Principal and NotPrincipal elements.
 *
 * Sources: IAM User Guide, "AWS JSON policy elements: Principal", "NotPrincipal", "IAM identifiers" (unique ids); KMS Developer Guide,
 * "Creating a key policy" (Principal); KMS API Reference, PutKeyPolicy.
 */

const KINDS = ['AWS', 'Service', 'Federated', 'CanonicalUser'];

/** Of users and roles; groups, policies and instance profiles have other first letters. KMS shows them for principals that were deleted. */
const UNIQUE_ID = /^(?:AIDA|AROA)[A-Z0-9]{12,}$/;

/** Checks a whole Principal or NotPrincipal element. */
export function checkPrincipals(element: unknown, name: string, placement: PolicyPlacement, options: GrammarOptions, report: Report): void {
  const invalid = (message: string) => report(name, message, 'principal');
  if (element === '*' || isOpen(element, options)) return;
  if (!isObject(element)) {
    invalid(`it is ${shown(element)}: it takes "*" or an object such as { "AWS": "arn:aws:iam::111122223333:role/Name" }`);
    return;
  }
  if (Object.keys(element).length === 0) invalid('it names nobody: it takes at least one principal');
  for (const [kind, value] of Object.entries(element)) {
    const problem = kindProblem(kind, placement);
    if (problem !== undefined) invalid(problem);
    else checkValues(kind, value, options, invalid);
  }
}

function kindProblem(kind: string, placement: PolicyPlacement): string | undefined {
  if (!KINDS.includes(kind)) return `'${kind}' is no kind of principal: it takes AWS or Service`;
  if (placement === 'iam policy' || kind === 'AWS' || kind === 'Service') return undefined;
  // "OIDC federated principals are not supported in policy types other than role trust policies"; canonical users are S3's.
  return `a key policy names no ${kind} principals, who never call KMS as such: name the role they take on, as AWS`;
}

function checkValues(kind: string, value: unknown, options: GrammarOptions, invalid: (message: string) => void): void {
  if (isIntrinsic(value, options)) {
    const problem = principalProblem(kind, knownText(value, options)!);
    if (problem !== undefined) invalid(problem);
    return;
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) invalid(`its list of ${kind} principals is empty: it takes at least one`);
  for (const one of values) {
    const text = knownText(one, options);
    const problem = text === undefined ? `${shown(one)} is no text` : principalProblem(kind, text);
    if (problem !== undefined) invalid(problem);
  }
}

/** Why a text cannot name a principal of a kind; undefined if it can. A part that is not known yet may be anything. */
export function principalProblem(kind: string, text: string): string | undefined {
  if (kind === 'Service') return serviceProblem(text);
  return kind === 'AWS' ? identityProblem(text) : undefined;
}

function serviceProblem(text: string): string | undefined {
  if (/[*?]/.test(text)) return `'${text}' has a wildcard: a service is named whole, such as logs.us-east-1.amazonaws.com`;
  if (isUnresolved(text) || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(text)) return undefined;
  return `${shown(text)} is no service principal: they look like logs.us-east-1.amazonaws.com`;
}

function identityProblem(text: string): string | undefined {
  if (text === '*' || /^\d{12}$/.test(text) || UNIQUE_ID.test(text)) return undefined;
  if (/[*?]/.test(text)) {
    return `'${text}' has a wildcard: a principal is named whole; name the account, and ArnLike aws:PrincipalArn as a condition`;
  }
  if (!text.startsWith('arn:')) {
    if (isUnresolved(text)) return undefined;
    const problem = /^\d+$/.test(text) ? `has ${text.length} digits: an account id has 12` : 'is neither an ARN nor an account id nor "*": write arn:aws:iam::111122223333:role/Name';
    return `${shown(text)} ${problem}`;
  }
  const problem = arnProblem(text);
  return problem === undefined ? undefined : `${shown(text)} ${problem}`;
}

function arnProblem(text: string): string | undefined {
  const [, partition = '', service = '', region = '', account = '', ...rest] = text.split(':');
  const resource = rest.join(':');
  const known = (part: string) => !isUnresolved(part);
  if (rest.length === 0) return known(text) ? 'has too few parts: arn:aws:iam::111122223333:role/Name has six, set off by colons' : undefined;
  if (known(partition) && !/^aws(-[a-z]+)*$/.test(partition)) return `has the partition '${partition}': write aws, aws-cn or aws-us-gov`;
  if (known(service) && service !== 'iam' && service !== 'sts') return `is of the service '${service}': principals are of iam or sts, a function or instance calls as its role`;
  if (known(region) && region !== '') return `has the Region '${region}': ARNs of principals have none`;
  if (known(account) && !/^\d{12}$/.test(account)) return `has the account '${account}': an account id has 12 digits`;
  return resourceProblem(service, resource);
}

const NAME = /^[\w+=,.@-]+$/;

/** What follows the account: `root`, `user/…`, `role/…` of IAM, `assumed-role/…/…`, `federated-user/…` of STS. */
function resourceProblem(service: string, resource: string): string | undefined {
  const [type, ...path] = resource.split('/');
  if (isUnresolved(type)) return undefined;
  const name = path[path.length - 1] ?? '';
  const named = isUnresolved(resource) || NAME.test(name);
  switch (isUnresolved(service) ? type : `${service}:${type}`) {
    case 'iam:root': case 'root': return path.length === 0 ? undefined : 'has a path behind root';
    case 'iam:user': case 'iam:role': case 'user': case 'role': return path.length > 0 && named ? undefined : `names no ${type}: write ${type}/Name`;
    case 'sts:assumed-role': case 'assumed-role':
      return (path.length === 2 && NAME.test(path[0]) && named) || isUnresolved(resource) ? undefined : 'is no role session: write assumed-role/Role/Session, or the role itself';
    case 'sts:federated-user': case 'federated-user': return path.length === 1 && named ? undefined : 'names no federated user: write federated-user/Name';
    case 'iam:group': case 'group': return 'is a user group, which no policy can name: name the role that its users take on';
    default: return `is no principal: ${service === 'sts' ? 'of sts assumed-role/Role/Session or federated-user/Name is one' : 'of iam root, user/Name or role/Name is one'}`;
  }
}
